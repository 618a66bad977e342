"""What rounds that were measured in turns tell: ratios of trackers with bootstrap intervals, growth of memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Seconds = NDArray[np.float64]
Rounds = NDArray[np.intp]

RESAMPLES = 400
STRETCH, STRETCHES = 8, 4
"""Rounds of a stretch that is drawn as one; fewer where a clip would have fewer stretches than this."""
FAST = 10


@dataclass(frozen=True)
class Ratio:
    """How many times longer a frame of one tracker takes than one of another, with a 95 % interval; NaN if unknown."""

    value: float
    low: float
    high: float


def paired_ratio(
    first: Sequence[Seconds], second: Sequence[Seconds], clips: Sequence[str] = (), *, seed: int = 0
) -> Ratio:
    """Ratio of the times that a frame takes, first / second, from rounds that were measured in turns.

    Other work on the machine only ever adds time, to one kind of code more than to another, so the frames compared are
    the fast tenth of each tracker; and since frames of one clip may cost more than those of another, clip by clip. The
    value is the geometric mean over clips, the interval a percentile bootstrap that resamples stretches of eight
    rounds of a clip, shorter ones where it has fewer than four of them. One round of every clip tells nothing of how
    far rounds differ: the interval is NaN.

    Args:
        first: (n,) seconds of the frames of each round.
        second: the same of the other tracker, on the same clip in every round.
        clips: the clip of each round; without them all are taken for one.

    >>> paired_ratio([np.array([2.0]), np.array([6.0])], [np.array([1.0]), np.array([3.0])]).value
    2.0
    """
    names = np.array(clips if clips else [""] * len(first))
    groups = [np.flatnonzero(names == name) for name in dict.fromkeys(names)]
    value = float(np.exp(_log_ratio(first, second, groups)))
    if max(map(len, groups)) < 2:
        return Ratio(value, np.nan, np.nan)
    rng = np.random.default_rng(seed)
    drawn = [_log_ratio(first, second, [_resampled(group, rng) for group in groups]) for _ in range(RESAMPLES)]
    low, high = np.exp(np.percentile(drawn, (2.5, 97.5)))
    return Ratio(value, float(low), float(high))


def _log_ratio(first: Sequence[Seconds], second: Sequence[Seconds], groups: Sequence[Rounds]) -> float:
    """Mean over groups of rounds of the log ratio of the fast frames in them."""
    fast = [
        [np.percentile(np.concatenate([part[i] for i in group]), FAST) for part in (first, second)] for group in groups
    ]
    return float(np.mean([np.log(one / other) for one, other in fast]))


def _resampled(group: Rounds, rng: np.random.Generator) -> Rounds:
    """As many rounds in stretches drawn with replacement: neighbours are not independent."""
    length = max(1, min(STRETCH, len(group) // STRETCHES))
    stretches = [group[start : start + length] for start in range(0, len(group), length)]
    return np.concatenate([stretches[index] for index in rng.integers(0, len(stretches), len(stretches))])


def growth_per_frame(frames: Sequence[int], sizes: Sequence[int]) -> float:
    """Slope of memory (bytes) over frames by Theil and Sen: one jump of the allocator does not count as growth."""
    x, y = np.array(frames, dtype=float), np.array(sizes, dtype=float)
    i, j = np.triu_indices(len(x), 1)
    apart = x[j] != x[i]
    return float(np.median((y[j] - y[i])[apart] / (x[j] - x[i])[apart])) if apart.any() else 0.0
