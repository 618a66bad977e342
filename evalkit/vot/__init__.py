"""VOT's supervised experiment: accuracy, robustness and EAO by the rules of vot-toolkit and of pysot."""
