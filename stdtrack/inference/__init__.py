"""Deployment: folded and rearranged graphs, exports."""
