"""Warm-up until the median of the last windows stands still."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from profiling.latency.steps import Step

WINDOW = 5
WINDOWS = 3
TOLERANCE = 0.02
LONGEST = 10.0
"""Seconds after which a tracker that does not settle is measured as it is."""

SHORTEST_CLIP = WINDOW * WINDOWS + 1


@dataclass(frozen=True)
class WarmUp:
    """What it took: ``steady`` is False when the medians never agreed."""

    frames: int
    seconds: float
    steady: bool


def warm_up(steps: Iterator[Step], *, longest: float = LONGEST) -> WarmUp:
    """Step until the medians of the last three windows of five frames agree within 2 %, or for ``longest`` seconds."""
    start = perf_counter()
    medians: list[float] = []
    while True:
        medians.append(float(np.median([next(steps).track for _ in range(WINDOW)])))
        last = medians[-WINDOWS:]
        steady = len(last) == WINDOWS and max(last) <= min(last) * (1 + TOLERANCE)
        elapsed = perf_counter() - start
        if steady or (elapsed > longest and len(medians) >= WINDOWS):
            return WarmUp(len(medians) * WINDOW, elapsed, steady)
