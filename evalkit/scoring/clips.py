"""Runs on one clip, as of OTB's spatial robustness: their frames are counted together, and they are one unit of chance.

Twelve runs of a tracker from twelve starts on one clip succeed and fail together. Intervals and tests that took each of
them for a sequence of its own would be narrower than the clips warrant by a factor of up to the root of twelve.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from evalkit.benchmarks.installed import BENCHMARKS
from evalkit.types import Boxes, Vector


def clips_of(benchmark: str, sequences: Iterable[str]) -> list[str]:
    """The clip that each sequence of a benchmark shows: its own name, but for runs of a variation.

    >>> clips_of("otb100+sre", ["Bolt@left", "Bolt@right"]), clips_of("another", ["Bolt@left"])
    (['Bolt', 'Bolt'], ['Bolt@left'])
    """
    clip_of = BENCHMARKS[benchmark].clip_of if benchmark in BENCHMARKS else str
    return [clip_of(name) for name in sequences]


def pooled(values: Boxes, clips: Sequence[str], frames: Vector) -> tuple[Boxes, Vector]:
    """Values of runs, weighed by their frames, as values of clips; nothing changes where each clip has one run.

    Args:
        values: (R, T) such as the fractions of a curve.
        clips: of each run.
        frames: (R,) of each run.

    Returns:
        (C, T) values and (C,) frames of the clips, in the order of first appearance.

    >>> pooled(np.array([[1.0], [0.0], [0.5]]), ["a", "a", "b"], np.array([30.0, 10.0, 7.0]))
    (array([[0.75],
           [0.5 ]]), array([40.,  7.]))
    """
    names = list(dict.fromkeys(clips))
    if len(names) == len(clips):
        return values, frames
    member = np.array([[clip == name for clip in clips] for name in names], dtype=np.float64) * frames
    total = member.sum(axis=1)
    return member @ values / total[:, None], total
