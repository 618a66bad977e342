"""Trackers run over sequences: jobs, workers, resume."""
