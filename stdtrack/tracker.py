"""Online tracking."""
