"""Accuracy guarded: baselines, paired statistics, verdicts."""
