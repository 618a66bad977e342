"""Corruptions of video in five severities: seeded, consistent in time, applied while frames are read."""
