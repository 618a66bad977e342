"""Attacks on any tracker by queries alone, and the noise that they are compared with.

For measuring one's own trackers and for research on defences.
"""
