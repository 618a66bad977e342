"""Latencies as numbers: percentiles, two kinds of FPS, ratios of trackers with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Seconds = NDArray[np.float64]

TAIL_WARNING = 2.0
RESAMPLES = 2000


@dataclass(frozen=True)
class LatencySummary:
    """Latencies of one tracker in one scope; times in seconds.

    ``fps_median`` is 1 / median, ``fps_mean`` is frames / total time: they differ when a few frames are slow, and
    figures that are compared must be of the same kind.
    """

    frames: int
    p50: float
    p90: float
    p99: float
    slowest: float
    fps_median: float
    fps_mean: float

    @property
    def warning(self) -> str:
        """A sentence when one number hides the tail, else empty."""
        if self.p99 > TAIL_WARNING * self.p50:
            return "p99 is more than twice the median: no single FPS describes this run"
        return ""


def summarise(latencies: Seconds) -> LatencySummary:
    """Percentiles and speeds of (N,) latencies, N > 0.

    >>> summary = summarise(np.array([0.01] * 99 + [0.05]))
    >>> summary.fps_median, summary.p99
    (100.0, 0.05)
    """
    ordered = np.sort(latencies)
    p50 = float(np.median(ordered))
    return LatencySummary(
        frames=len(ordered),
        p50=p50,
        p90=_tail(ordered, 90),
        p99=_tail(ordered, 99),
        slowest=float(ordered[-1]),
        fps_median=1.0 / p50,
        fps_mean=len(ordered) / float(ordered.sum()),
    )


def _tail(ordered: Seconds, percent: int) -> float:
    """The fastest frame that at least ``percent`` % of the frames precede: a measured one, never interpolated.

    Interpolation would hide a stall on every hundredth frame from p99.
    """
    return float(ordered[min(-(-percent * len(ordered) // 100), len(ordered) - 1)])


@dataclass(frozen=True)
class Ratio:
    """How many times longer a frame of one tracker takes than one of another, with a 95 % interval."""

    value: float
    low: float
    high: float


def paired_ratio(first: Sequence[Seconds], second: Sequence[Seconds], *, seed: int = 0) -> Ratio:
    """Ratio of median latencies first / second, paired by round.

    Both were measured in every round, seconds apart, so the machine's mood cancels out. The value is the median over
    rounds, the interval a percentile bootstrap that resamples rounds.

    >>> paired_ratio([np.array([2.0]), np.array([6.0])], [np.array([1.0]), np.array([3.0])])
    Ratio(value=2.0, low=2.0, high=2.0)
    """
    logs = np.array([np.log(np.median(a) / np.median(b)) for a, b in zip(first, second, strict=True)])
    drawn = np.random.default_rng(seed).integers(0, len(logs), (RESAMPLES, len(logs)))
    low, high = np.exp(np.percentile(np.median(logs[drawn], axis=1), (2.5, 97.5)))
    return Ratio(float(np.exp(np.median(logs))), float(low), float(high))


def growth_per_frame(frames: Sequence[int], sizes: Sequence[int]) -> float:
    """Slope of memory (bytes) over frames by Theil and Sen: one jump of the allocator does not count as growth."""
    x, y = np.array(frames, dtype=float), np.array(sizes, dtype=float)
    i, j = np.triu_indices(len(x), 1)
    apart = x[j] != x[i]
    return float(np.median((y[j] - y[i])[apart] / (x[j] - x[i])[apart])) if apart.any() else 0.0
