"""Tracking precision, recall and F over confidence thresholds, as VOT's long-term challenges rank by.

Source: vot-toolkit 0.9.0, ``vot/analysis/longterm.py`` (``determine_thresholds``, ``compute_tpr_curves``,
``PrecisionRecallCurve``, ``FScoreCurve``, ``PrecisionRecall``), which ``vot/stack/vot2018/longterm.yaml`` and
``vot2019/longterm.yaml`` name. Proved against figures that the toolkit itself printed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evalkit.types import Vector

RESOLUTION = 100
"""Thresholds at most, with the two infinite ones."""


@dataclass(frozen=True)
class FScores:
    """Precision, recall and F of a tracker on a benchmark over falling confidence thresholds.

    Attributes:
        thresholds: (T,) from +inf to -inf; a frame counts where the confidence is at least the threshold.
        precision, recall: (T,) means over the sequences.
        f: (T,) their harmonic means; NaN where both are 0.
    """

    thresholds: Vector
    precision: Vector
    recall: Vector
    f: Vector

    @property
    def best(self) -> int:
        """Index of the threshold with the greatest F, the first of several."""
        return int(np.nanargmax(self.f))


def confidence_thresholds(confidence: Vector, resolution: int = RESOLUTION) -> Vector:
    """(T,) falling thresholds, spread evenly over the ranks of the confidences of all frames, between +inf and -inf.

    Args:
        confidence: (N,) of the frames of all sequences; NaN is left out.

    >>> confidence_thresholds(np.array([0.5, np.nan, 0.9])).tolist()
    [inf, 0.9, 0.5, -inf]
    """
    falling = np.sort(confidence[~np.isnan(confidence)])[::-1]
    inner = resolution - 2
    if len(falling) > inner:
        margin = len(falling) // inner
        falling = falling[np.round(np.linspace(margin, len(falling) - margin, num=inner)).astype(int)]
    return np.concatenate([[np.inf], falling, [-np.inf]])


def precision_recall(overlaps: Vector, confidence: Vector, visible: int, thresholds: Vector) -> tuple[Vector, Vector]:
    """(T,) precision and recall of one sequence.

    Precision is the mean overlap of the frames whose confidence reaches the threshold, 1 without any; recall the sum
    of these overlaps over the number of frames with a target.

    Args:
        overlaps: (N,) in [0, 1], 0 where there is no target.
        confidence: (N,) NaN reaches no threshold.
        visible: how many frames have a target.

    >>> truth = np.array([0.8, 0.0, 0.4])
    >>> precision_recall(truth, np.array([0.9, 0.2, 0.6]), 2, np.array([np.inf, 0.6, -np.inf]))[1].round(3).tolist()
    [0.0, 0.6, 0.6]
    """
    precision, recall = np.ones(len(thresholds)), np.zeros(len(thresholds))
    for index, threshold in enumerate(thresholds):
        taken = overlaps[confidence >= threshold]
        if len(taken):
            precision[index], recall[index] = taken.mean(), taken.sum() / visible
    return precision, recall


def f_scores(curves: Sequence[tuple[Vector, Vector]], thresholds: Vector) -> FScores:
    """Precision and recall of each sequence, averaged over the sequences, and F of the averages."""
    precision, recall = np.mean([pair[0] for pair in curves], axis=0), np.mean([pair[1] for pair in curves], axis=0)
    total = precision + recall
    f = np.full(len(thresholds), np.nan)
    np.divide(2 * precision * recall, total, out=f, where=total > 0)
    return FScores(thresholds, precision, recall, f)
