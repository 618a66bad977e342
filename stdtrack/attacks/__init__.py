"""Attacks with gradients, on networks of this package: for measuring one's own models and for research on defences."""
