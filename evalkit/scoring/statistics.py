"""Paired statistics over sequences: bootstrap intervals and Wilcoxon's test; the sequence is the unit of chance.

Of several runs on one clip the clip is, see :func:`evalkit.scoring.aggregation.pooled`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalkit.benchmarks.installed import clips_of
from evalkit.scoring.aggregation import pooled
from evalkit.scoring.columns import INTERVALS
from evalkit.scoring.metrics import metric_of
from evalkit.scoring.scores import BenchmarkScore
from evalkit.types import Vector

RESAMPLES = 10_000
PICKS_AT_ONCE = 1 << 20
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

    def turned(self) -> PairedComparison:
        """Tracker B against tracker A."""
        difference, low, high = 0.0 - self.difference, 0.0 - self.high, 0.0 - self.low  # and no -0.0
        return replace(self, difference=difference, low=low, high=high, gained=self.lost, lost=self.gained)


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
    if not np.ptp(values):
        return float(values[0]), float(values[0])
    means = np.concatenate(list(_resampled_means(values, weights, seed)))
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _resampled_means(values: Vector, weights: Vector, seed: int) -> Iterator[Vector]:
    """Weighted means of all resamples, some at a time: those of thousands of sequences would fill the memory."""
    count, weighted, alike = len(values), values * weights, bool((weights == 1).all())
    for picks in _picks(count, seed):
        yield weighted[picks].sum(axis=1) / (count if alike else weights[picks].sum(axis=1))


def _picks(count: int, seed: int) -> Iterable[NDArray[np.int64]]:
    """(resamples, count) sequences of all resamples, some at a time; few are kept, for the next metric and tracker."""
    return _kept_picks(count, seed) if RESAMPLES * count <= PICKS_AT_ONCE else _drawn_picks(count, seed)


def _drawn_picks(count: int, seed: int) -> Iterator[NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    for done in range(0, RESAMPLES, step := max(1, PICKS_AT_ONCE // count)):
        yield rng.integers(0, count, (min(step, RESAMPLES - done), count))


@lru_cache(maxsize=1)
def _kept_picks(count: int, seed: int) -> tuple[NDArray[np.int64], ...]:
    return tuple(_drawn_picks(count, seed))


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
        from scipy.stats import wilcoxon  # here, because importing it takes a second, which intervals do without

        # Pratt's way keeps the zero differences in the ranking, which makes the test cautious about ties.
        p_value = float(wilcoxon(difference, zero_method="pratt").pvalue)
    gained, lost = int((difference > 0).sum()), int((difference < 0).sum())
    return PairedComparison(len(difference), float(difference.mean()), low, high, level, p_value, gained, lost)


def interval_table(scores: Iterable[BenchmarkScore], *, level: float = LEVEL) -> pd.DataFrame:
    """Bootstrap intervals over sequences of every benchmark's figures.

    Sequences are weighted as the protocol does: alike, alike without those whose whole curve is zero (OTB's rule), or
    by their frames where it pools the frames of all sequences. A figure that is no such mean (VOT's EAO), or one of a
    single sequence, has no interval. Runs on one clip are resampled together.

    Returns:
        Columns tracker, benchmark, protocol, metric, low, high, level.
    """
    rows = []
    for score in scores:
        for metric, overall in score.metrics.items():
            found = None if overall is None else averaged_values(score, metric, overall)
            if found is not None:
                interval = bootstrap_interval(*found, level=level)
                rows.append((score.tracker, score.benchmark, score.protocol, metric, *interval, level))
    return pd.DataFrame(rows, columns=list(INTERVALS))


def averaged_values(score: BenchmarkScore, metric: str, overall: float) -> tuple[Vector, Vector] | None:
    """(N,) values and weights of the clips whose weighted mean is ``overall``; None where none gives it.

    A clip is a sequence, or all runs on one (:func:`evalkit.scoring.aggregation.pooled`).
    """
    known = [each for each in score.sequences if metric in each.metrics]
    clips = clips_of(score.benchmark, (each.sequence for each in known))
    if len(set(clips)) < 2:
        return None
    curve = metric_of(metric).curve or ""
    alive = [bool(each.curves[curve].any()) if curve in each.curves else True for each in known]
    facts = np.array([[each.metrics[metric], at] for each, at in zip(known, alive, strict=True)], dtype=np.float64)
    facts, frames = pooled(facts, clips, np.array([each.frames for each in known], dtype=np.float64))
    values = facts[:, 0]
    for weights in (np.ones(len(values)), (facts[:, 1] > 0).astype(np.float64), frames):
        if weights.any() and np.isclose(np.average(values, weights=weights), overall, rtol=1e-5, atol=1e-6):
            return values[weights > 0], weights[weights > 0]
    return None
