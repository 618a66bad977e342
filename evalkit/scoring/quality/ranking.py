"""Does the confidence order the frames: rank correlation, and how well a low one tells lost frames from the others."""

from __future__ import annotations

import numpy as np

from evalkit.types import Flags, Vector


def rank_correlation(confidence: Vector, overlap: Vector) -> float | None:
    """Spearman's correlation, ties at their mean rank; None where either is the same in all frames, or N < 2.

    >>> rank_correlation(np.array([0.1, 0.2, 0.9]), np.array([0.3, 0.5, 0.8]))
    1.0
    """
    if len(confidence) < 2 or not np.ptp(confidence) or not np.ptp(overlap):
        return None
    from scipy.stats import spearmanr  # here, because importing it takes longer than most reports' scoring

    return float(np.clip(spearmanr(confidence, overlap).statistic, -1.0, 1.0))


def auroc(positive: Flags, sign: Vector) -> float | None:
    """Area under the ROC curve: the chance that a positive frame's sign is above a negative one's, a tie counting half.

    Args:
        positive: (N,) such as "lost".
        sign: (N,) the higher, the more it speaks for "positive", such as the negative confidence.

    Returns:
        None where all frames are positive, or none is.

    >>> auroc(np.array([True, True, False, False]), -np.array([0.1, 0.7, 0.7, 0.9]))
    0.875
    """
    count, others = int(positive.sum()), int((~positive).sum())
    if not count or not others:
        return None
    from scipy.stats import rankdata

    return float((rankdata(sign)[positive].sum() - count * (count + 1) / 2) / (count * others))


def average_precision(positive: Flags, sign: Vector) -> float | None:
    """Average precision: the sum over falling thresholds of precision times the gain in recall, equal signs at once.

    By chance it is the share of positive frames. It is not interpolated.

    Returns:
        None where all frames are positive, or none is.

    >>> average_precision(np.array([True, False, True]), np.array([0.9, 0.8, 0.7])).__round__(4)
    0.8333
    """
    count = int(positive.sum())
    if not count or count == len(positive):
        return None
    order = np.argsort(-sign, kind="stable")
    falling = sign[order]
    last = np.append(falling[1:] != falling[:-1], True)  # of each group of equal signs
    hits = np.cumsum(positive[order])[last]
    taken = np.flatnonzero(last) + 1
    return float((hits / taken * np.diff(hits, prepend=0)).sum() / count)
