"""Sequences and their frames."""
