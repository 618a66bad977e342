"""VOT's supervised experiment: overlap of regions, accuracy, robustness, EAO."""
