"""The least that scoring takes: read text with ``np.loadtxt``, count with searchsorted and bincount.

Run as ``python reference_scorer.py ANNOTATIONS RESULTS``: prints AUC, precision and normalised precision of complete
results by LaSOT's rules, with flags of absent targets where there are any. It is the yardstick for the speed of
``stdtrack score`` and knows no bad input.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

K = np.arange(21)
SUCCESS = np.where(K <= 10, K * 0.05, 1 - (20 - K) * 0.05)
PIXELS = np.arange(51.0)
NORMALIZED = np.arange(51) / 100


def figures(annotations: Path, results: Path) -> np.ndarray:
    """(3,) means over every sequence of ``results``."""
    curves = []
    for file in sorted(results.glob("*.txt")):
        truth = np.loadtxt(annotations / file.name, delimiter=",")
        flags = annotations / "absent" / file.name
        absent = np.loadtxt(flags) > 0 if flags.exists() else np.zeros(len(truth), dtype=bool)
        boxes = np.loadtxt(file, delimiter=",")
        boxes[0] = truth[0]
        rows = len(truth)
        boxes, truth = boxes[~absent], truth[~absent]
        extent = np.minimum(boxes[:, :2] + boxes[:, 2:], truth[:, :2] + truth[:, 2:])
        extent = np.maximum(extent - np.maximum(boxes[:, :2], truth[:, :2]), 0)
        inter = extent.prod(axis=1)
        overlap = inter / (boxes[:, 2:].prod(axis=1) + truth[:, 2:].prod(axis=1) - inter)
        delta = boxes[:, :2] + boxes[:, 2:] / 2 - truth[:, :2] - truth[:, 2:] / 2
        error, scaled = np.hypot(*delta.T), np.hypot(*(delta / truth[:, 2:]).T)
        success = np.bincount(np.searchsorted(SUCCESS, overlap), minlength=22)[::-1].cumsum()[::-1][1:]
        precision = np.bincount(np.searchsorted(PIXELS, error), minlength=52).cumsum()[:-1]
        normalized = np.bincount(np.searchsorted(NORMALIZED, scaled), minlength=52).cumsum()[:-1]
        curves.append([success.mean() / rows, precision[20] / rows, normalized[20] / rows])
    mean: np.ndarray = np.mean(curves, axis=0)
    return mean


if __name__ == "__main__":
    print(*figures(Path(sys.argv[1]), Path(sys.argv[2])))  # noqa: T201
