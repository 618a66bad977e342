"""Left-out clips whose target leaves and comes back elsewhere, made by cutting and pasting."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import cycle

import numpy as np

from evalkit.benchmarks.synthetic.cut_paste import cut_and_paste
from evalkit.errors import InputError
from evalkit.sequences.sequence import Sequence
from stdtrack.training.annotated_video import Footage, from_sequence

KINDS: tuple[Mapping[str, bool], ...] = ({}, {"smaller": True}, {}, {"look_alike": True})
"""What is done to the clips in turn: half of them come back as they were."""


def made_clips(footage: Iterable[Footage], seed: int, rounds: int = 1) -> Iterator[Footage]:
    """Made clips, one a round from every clip that can be used; the seed grows by one with each.

    A clip can be used where its target is in enough frames in a row and small enough; see
    :func:`evalkit.benchmarks.synthetic.cut_paste.plan`.
    """
    clips = [(as_sequence(clip), clip.scene or clip.name) for clip in footage]
    kinds = cycle(KINDS)
    for number in range(rounds):
        for index, (clip, scene) in enumerate(clips):
            try:
                made = cut_and_paste(clip, seed + number * len(clips) + index, **next(kinds))
            except InputError:
                continue
            yield replace(from_sequence(made, cache=False), scene=scene)


def as_sequence(footage: Footage) -> Sequence:
    """The first frames in a row in which the target is visible."""
    start = int(np.argmax(footage.visible))
    hidden = np.flatnonzero(~footage.visible[start:])
    part = footage.part(np.arange(start, start + hidden[0] if len(hidden) else len(footage)))
    return Sequence(footage.name, "folder", part.boxes, 0, part.frames)
