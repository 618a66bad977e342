"""Does a tracker know whether its target is there: true positive and true negative rate, and success with absence.

The rates are OxUvA's. Source: oxuva/long-term-tracking-benchmark@0137356, ``python/oxuva/assess.py`` (``assess_frame``,
``quality_metrics``, ``max_geometric_mean_line``), read, not run; the closed form of MaxGM is derived here.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from evalkit.types import Flags, Vector

IOU = 0.5
"""A predicted box is right at this overlap or more."""


@dataclass(frozen=True)
class PresenceCounts:
    """Frames by what the annotation and the tracker say of the target.

    Attributes:
        true_positives: it is there, and the tracker's box is right.
        false_negatives: it is there, and the tracker says that it is not, or its box is wrong.
        true_negatives: it is not there, and the tracker says so.
        false_positives: it is not there, and the tracker gives a box.
    """

    true_positives: int = 0
    false_negatives: int = 0
    true_negatives: int = 0
    false_positives: int = 0

    def __add__(self, other: PresenceCounts) -> PresenceCounts:
        return PresenceCounts(
            self.true_positives + other.true_positives,
            self.false_negatives + other.false_negatives,
            self.true_negatives + other.true_negatives,
            self.false_positives + other.false_positives,
        )

    @property
    def tpr(self) -> float | None:
        """True positive rate; None without a frame that has the target."""
        return _share(self.true_positives, self.false_negatives)

    @property
    def tnr(self) -> float | None:
        """True negative rate; None without a frame that lacks the target."""
        return _share(self.true_negatives, self.false_positives)


def presence_counts(overlaps: Vector, reported: Flags, present: Flags) -> PresenceCounts:
    """Count the annotated frames of a sequence, the first left out by the caller as OxUvA does.

    Args:
        overlaps: (N,) of the tracker's box and the target's.
        reported: (N,) the tracker says that the target is there.
        present: (N,) it is.
    """
    right = reported & (overlaps >= IOU)
    return PresenceCounts(
        true_positives=int((present & right).sum()),
        false_negatives=int((present & ~right).sum()),
        true_negatives=int((~present & ~reported).sum()),
        false_positives=int((~present & reported).sum()),
    )


def geometric_mean(tpr: float | None, tnr: float | None) -> float | None:
    """GM: sqrt(TPR TNR); None where either is unknown."""
    return None if tpr is None or tnr is None else sqrt(tpr * tnr)


def max_geometric_mean(tpr: float | None, tnr: float | None) -> float | None:
    """MaxGM: the greatest GM of the tracker when it says "absent" at random in some share of the frames.

    Saying so with probability p makes TPR (1 - p) TPR and TNR p + (1 - p) TNR. Their product is greatest where TNR has
    become 1/2, if it was less, and is then TPR / (4 (1 - TNR)).

    >>> max_geometric_mean(0.64, 0.0), max_geometric_mean(0.81, 1.0)
    (0.4, 0.9)
    """
    if tpr is None or tnr is None:
        return None
    return sqrt(tpr * tnr) if tnr >= 0.5 else sqrt(tpr / (4 * (1 - tnr)))


def overlaps_with_absence(overlaps: Vector, reported: Flags, present: Flags) -> Vector:
    """(N,) overlaps that take absence into account, for a success curve over all frames.

    Where the target is absent, 1 if the tracker says so and 0 if it gives a box; where it is there, the overlap, and 0
    if the tracker says that it is not. LaSOT's own toolkit deletes absent frames, so that a tracker that follows
    something else meanwhile loses nothing: this is LaSOT's curve without that deletion, a measure of ours.

    >>> found = overlaps_with_absence(np.array([0.8, 0.7, 0, 0]), np.array([True, False, True, False]),
    ...                               np.array([True, True, False, False]))
    >>> found.tolist()
    [0.8, 0.0, 0.0, 1.0]
    """
    return np.where(present, np.where(reported, overlaps, 0.0), np.where(reported, 0.0, 1.0))


def _share(right: int, wrong: int) -> float | None:
    return right / (right + wrong) if right + wrong else None
