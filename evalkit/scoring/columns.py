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
QUALITY = (
    *("tracker", "benchmark", "ece", "aurc", "lost_auroc", "lost_ap", "absence_auroc", "absence_ap", "spearman"),
    *("frames", "lost", "absent", "note"),
)
"""What a tracker's confidence is worth, see :mod:`evalkit.scoring.quality.judging`."""
RELIABILITY = ("tracker", "benchmark", "low", "high", "frames", "confidence", "overlap")
RISK = ("tracker", "benchmark", "coverage", "risk")
_FRAME = ("sequence", "frame", *BOX, *TRUTH, "iou", "error", "score", "absent")
FRAMES = (*_SCORED, *_FRAME)
_SHOWN = ("tracker", "benchmark", "sequence", "frame")
SHOWN_FRAMES = (*_SHOWN, "iou", "score", "absent")
"""What a report needs of every frame: one protocol alone scores the frames shown."""
SHOWN_BOXES = (*_SHOWN, *BOX, *TRUTH)
"""What it needs of a frame whose image it shows: boxes are the same under every protocol."""
