"""The columns of the tidy tables that scoring gives and reports, exports and regression checks read."""

from __future__ import annotations

_SCORED = ("tracker", "benchmark", "protocol")
BOX, TRUTH = ("x", "y", "w", "h"), ("gt_x", "gt_y", "gt_w", "gt_h")

FIGURES = (*_SCORED, "sequence", "metric", "value")
"""A figure and whose it is; ``sequence`` is None for a benchmark's own."""
SCORES = (*FIGURES, "shortcoming", "scored", "total")
"""The same with what the annotation lacks, and how much of the benchmark was scored."""
CURVES = (*_SCORED, "sequence", "curve", "threshold", "value")
COVERAGE = (*_SCORED, "scored", "total", "verified", "missing")
ATTRIBUTES = (*_SCORED, "attribute", "sequences", "metric", "value")
INTERVALS = (*_SCORED, "metric", "low", "high", "level")
_FRAME = ("sequence", "frame", *BOX, *TRUTH, "iou", "error", "score", "absent")
FRAMES = (*_SCORED, *_FRAME)
SHOWN_FRAMES = ("tracker", "benchmark", *_FRAME)
"""What a report needs of a frame: boxes are the same under every protocol, and one alone scores the frames shown."""
