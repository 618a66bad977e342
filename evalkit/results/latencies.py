"""Latencies as numbers, in runs and in profiles alike: percentiles that are measured frames, two kinds of FPS."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evalkit.types import Vector

TAIL_WARNING = 2.0
"""How many times the median p99 may be before a number alone says too little."""


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


def summarise(latencies: Vector) -> LatencySummary:
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
        p90=percentile(ordered, 90),
        p99=percentile(ordered, 99),
        slowest=float(ordered[-1]),
        fps_median=1.0 / p50,
        fps_mean=len(ordered) / float(ordered.sum()),
    )


def percentile(ordered: Vector, percent: int) -> float:
    """The fastest frame that at least ``percent`` % of the frames precede: a measured one, never interpolated.

    Interpolation would hide a stall on every hundredth frame from p99.

    Args:
        ordered: (N,) rising, N > 0.

    >>> percentile(np.array([0.01, 0.01, 0.01, 0.05]), 90)
    0.05
    """
    return float(ordered[min(-(-percent * len(ordered) // 100), len(ordered) - 1)])
