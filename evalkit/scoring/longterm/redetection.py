"""Re-detection: when the target comes back, whether and how soon the tracker finds it. Measures of ours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from evalkit.types import Flags, Vector

IOU = 0.5
"""The target is found at the first overlap above this."""
SOON = 30
"""Frames within which a return counts as found soon."""


@dataclass(frozen=True)
class Return:
    """One return of the target.

    Attributes:
        frame: of the reappearance, 0-based.
        absent: for how many frames it was away.
        delay: frames from the reappearance to the first IoU above :data:`IOU`; 0 if it is found at once, None if not
            before the target leaves again or the sequence ends.
    """

    frame: int
    absent: int
    delay: int | None


@dataclass(frozen=True)
class Redetection:
    """What :func:`redetection` makes of the returns of all sequences.

    Attributes:
        returns: how many there are.
        found: share that is found before the target leaves again; None without any return.
        soon: share that is found within :data:`SOON` frames.
        delay: mean delay of those that are found, in frames; None if none is.
    """

    returns: int
    found: float | None
    soon: float | None
    delay: float | None


def returns_of(overlaps: Vector, reported: Flags, present: Flags, frames: np.ndarray | None = None) -> list[Return]:
    """The target's returns in one sequence.

    Args:
        overlaps: (N,) of the tracker's box and the target's.
        reported: (N,) the tracker says that the target is there.
        present: (N,) it is.
        frames: (N,) their numbers, where only some frames are annotated.

    >>> present = np.array([1, 0, 0, 1, 1, 1], dtype=bool)
    >>> returns_of(np.array([1, 0, 0, 0.2, 0.6, 0.7]), np.ones(6, dtype=bool), present)
    [Return(frame=3, absent=2, delay=1)]
    """
    frames = np.arange(len(present)) if frames is None else frames
    found = present & reported & (overlaps > IOU)
    starts = np.flatnonzero(present[1:] & ~present[:-1]) + 1
    leaves = np.flatnonzero(~present[1:] & present[:-1]) + 1
    returns = []
    for start in starts:
        end = next((leave for leave in leaves if leave > start), len(present))
        left = next((leave for leave in leaves[::-1] if leave < start), 0)
        hits = np.flatnonzero(found[start:end])
        delay = int(frames[start + hits[0]] - frames[start]) if len(hits) else None
        returns.append(Return(int(frames[start]), int(frames[start] - frames[left]), delay))
    return returns


def redetection(returns: Iterable[Return]) -> Redetection:
    """Shares and mean delay over the returns of all sequences together.

    >>> redetection([Return(3, 2, 1), Return(9, 4, None)])
    Redetection(returns=2, found=0.5, soon=0.5, delay=1.0)
    """
    delays = [each.delay for each in returns]
    found = [delay for delay in delays if delay is not None]
    if not delays:
        return Redetection(0, None, None, None)
    soon = sum(delay <= SOON for delay in found)
    mean = float(np.mean(found)) if found else None
    return Redetection(len(delays), len(found) / len(delays), soon / len(delays), mean)
