"""Smaller and faster networks made of a given one, each with a card that says what that cost."""
