"""The synthetic benchmark of ``stdtrack demo``: scenes, rendering, files."""
