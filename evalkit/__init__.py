"""Benchmark evaluation: sequences, trackers, runs and scores. Knows no tracker by name and imports no torch."""
