"""Text files of other people: their encoding, their numbers, and what is wrong with them."""
