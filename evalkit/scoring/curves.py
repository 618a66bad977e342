"""Curves over thresholds: frames are sorted, so that every count is one look-up."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from evalkit.types import Vector

Counts: TypeAlias = NDArray[np.int64]
"""(T,): frames a threshold."""


def steps_of_twentieths() -> Vector:
    """(21,) success thresholds k * 0.05 as numpy, torch and GNU Octave build them."""
    thresholds: Vector = np.arange(21.0) * np.float64(0.05)
    return thresholds


def matlab_twentieths() -> Vector:
    """(21,) success thresholds as real MATLAB builds ``0:0.05:1``: from both ends towards the middle.

    Value 13 is 0.6499999999999999 instead of 0.65, so that a frame whose IoU is exactly 13/20 is a success in MATLAB
    and a failure everywhere else.
    """
    k = np.arange(21)
    thresholds: Vector = np.where(k <= 10, k * 0.05, 1.0 - (20 - k) * 0.05)
    return thresholds


def success_counts(overlaps: Vector, thresholds: Vector, *, inclusive: bool = False) -> Counts:
    """(T,) frames whose overlap is above (``inclusive``: at least) each of the increasing thresholds; NaN never is.

    >>> success_counts(np.array([0.0, 0.5, 1.0, np.nan]), np.array([0.0, 0.5, 1.0])).tolist()
    [2, 1, 0]
    """
    ordered = np.sort(overlaps[~np.isnan(overlaps)])
    below = np.searchsorted(ordered, thresholds, side="left" if inclusive else "right")
    counts: Counts = len(ordered) - below
    return counts


def error_counts(errors: Vector, thresholds: Vector) -> Counts:
    """(T,) frames whose error is at most each of the increasing thresholds; NaN and infinity never are.

    >>> error_counts(np.array([-1.0, 20.0, 20.5, np.nan]), np.array([0.0, 20.0, 50.0])).tolist()
    [1, 2, 3]
    """
    # NaN is sorted behind infinity, so behind every threshold.
    counts: Counts = np.searchsorted(np.sort(errors), thresholds, side="right")
    return counts


def area(values: Vector) -> float:
    """Trapezoidal integral of a curve whose thresholds are spread evenly over [0, 1]."""
    return float(np.trapezoid(values, dx=1.0 / (len(values) - 1)))
