"""Paired statistics over sequences: bootstrap intervals and Wilcoxon's test; the sequence is the unit of chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from evalkit.types import Vector

RESAMPLES = 10_000
LEVEL = 0.95
SEED = 0


@dataclass(frozen=True)
class PairedComparison:
    """Tracker A against tracker B on the same sequences.

    Attributes:
        sequences: how many both were scored on.
        difference: mean of A - B.
        low, high: percentile bootstrap interval of that mean at ``level``; NaN for a single sequence.
        p_value: two-sided Wilcoxon signed-rank test; 1 where all differences are zero, NaN for a single sequence.
        gained, lost: sequences on which A is better, worse.
    """

    sequences: int
    difference: float
    low: float
    high: float
    level: float
    p_value: float
    gained: int
    lost: int

    @property
    def claimed(self) -> bool:
        """The interval leaves zero out and the test rejects equality: a difference may be claimed."""
        return (self.low > 0 or self.high < 0) and self.p_value < 1 - self.level


def bootstrap_interval(
    values: Vector, weights: Vector | None = None, *, level: float = LEVEL, seed: int = SEED
) -> tuple[float, float]:
    """Percentile bootstrap interval of the (weighted) mean of ``values`` over sequences.

    Args:
        values: (N,) one value a sequence.
        weights: (N,) such as frame counts, for protocols that pool the frames of all sequences; resampled together
            with the values.
        level: confidence, such as 0.95.

    Returns:
        Lower and upper bound; NaN where N < 2, since one sequence says nothing about spread.

    >>> bootstrap_interval(np.array([0.5, 0.5, 0.5]))
    (0.5, 0.5)
    """
    count = len(values)
    if count < 2:
        return float("nan"), float("nan")
    weights = np.ones(count) if weights is None else weights
    picks = np.random.default_rng(seed).integers(0, count, (RESAMPLES, count))
    means = (values * weights)[picks].sum(axis=1) / weights[picks].sum(axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def compare_paired(first: Vector, second: Vector, *, level: float = LEVEL, seed: int = SEED) -> PairedComparison:
    """Compare two trackers' values on the same sequences.

    Args:
        first, second: (N,) values in the same order of sequences, higher is better, no NaN.

    Raises:
        ValueError: the lengths differ or there is no sequence.

    >>> compare_paired(np.array([0.6, 0.7, 0.8]), np.array([0.6, 0.7, 0.8])).claimed
    False
    """
    if len(first) != len(second) or not len(first):
        raise ValueError("paired values need the same sequences, at least one")
    difference = np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64)
    low, high = bootstrap_interval(difference, level=level, seed=seed)
    if len(difference) < 2:
        p_value = float("nan")
    elif not difference.any():
        p_value = 1.0
    else:
        # Pratt's way keeps the zero differences in the ranking, which makes the test cautious about ties.
        p_value = float(stats.wilcoxon(difference, zero_method="pratt").pvalue)
    gained, lost = int((difference > 0).sum()), int((difference < 0).sum())
    return PairedComparison(len(difference), float(difference.mean()), low, high, level, p_value, gained, lost)
