"""Formats of result files: text, numpy, MATLAB, JSON."""
