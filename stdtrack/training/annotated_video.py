"""Annotated frames of one target, read on demand or kept decoded in memory."""

from __future__ import annotations

import re
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, replace

import numpy as np

from evalkit.errors import InputError
from evalkit.sequences.sequence import Frames, Sequence
from evalkit.types import Boxes, Flags, Image

MIN_SIDE = 2.0
"""Boxes thinner than this many pixels teach nothing about localisation."""
HIDING_FLAGS = ("full_occlusion", "out_of_view")
"""LaSOT's own: a frame with one of them has a box, but nothing to be seen in it."""


@dataclass(frozen=True)
class Footage:
    """One target's frames.

    Attributes:
        name: for messages.
        frames: N lazy or cached images.
        boxes: (N, 4) 0-based x, y, w, h; rows of invisible frames mean nothing.
        visible: (N,) the target is annotated as visible, with a usable box.
        scene: footage of one scene shows the same place.
    """

    name: str
    frames: Frames
    boxes: Boxes
    visible: Flags
    scene: str = ""

    def __len__(self) -> int:
        return len(self.boxes)

    def part(self, order: np.ndarray) -> Footage:
        """The frames of these numbers, in this order."""
        return replace(
            self, frames=PickedFrames(self.frames, order), boxes=self.boxes[order], visible=self.visible[order]
        )


@dataclass(frozen=True)
class PickedFrames:
    """Some of a sequence's frames, in the order of their numbers ``order`` (M,)."""

    frames: Frames
    order: np.ndarray

    def __len__(self) -> int:
        return len(self.order)

    def read(self, index: int) -> Image:
        """Frame ``index`` of those picked."""
        return self.frames.read(int(self.order[index]))

    def name(self, index: int) -> str:
        """The file of frame ``index`` of those picked."""
        return self.frames.name(int(self.order[index]))


def scene_of(name: str, patterns: Iterable[str]) -> str:
    """The scene that a sequence's name belongs to: the groups of the first pattern found in it, or the whole match.

    >>> patterns = (r"(pavement)_(?:Bolt|Nut)", r"pavement_[A-Z]", r"desk")
    >>> [scene_of(name, patterns) for name in ("pavement_Nut_1", "pavement_Pen_4", "desk_3", "boat")]
    ['pavement', 'pavement_P', 'desk', 'boat']
    """
    for pattern in patterns:
        match = re.search(pattern, name)
        if match:
            return "_".join(text for text in match.groups() if text) or match[0]
    return name


class CachedFrames:
    """Frames decoded once; an unreadable one raises its own error anew whenever it is asked for."""

    def __init__(self, frames: Frames) -> None:
        self._names = [frames.name(index) for index in range(len(frames))]
        self._images: list[Image | InputError] = [_read_or_error(frames, index) for index in range(len(frames))]

    def __len__(self) -> int:
        return len(self._images)

    def read(self, index: int) -> Image:
        """Frame ``index`` as uint8 RGB; the same array at every call, so it must not be written to."""
        image = self._images[index]
        if isinstance(image, InputError):
            raise copy(image)
        return image

    def name(self, index: int) -> str:
        """The file of frame ``index``."""
        return self._names[index]

    @property
    def unreadable(self) -> list[str]:
        """Files that could not be decoded."""
        return [name for name, image in zip(self._names, self._images, strict=True) if isinstance(image, InputError)]


def _read_or_error(frames: Frames, index: int) -> Image | InputError:
    """The image, or the error that says why there is none."""
    try:
        return frames.read(index)
    except InputError as error:
        return copy(error)  # without the traceback, which would keep alive what is on the stack


def from_sequence(sequence: Sequence, *, cache: bool) -> Footage:
    """Footage of an evalkit sequence; raises InputError when it has no images or fewer than two visible frames."""
    if sequence.frames is None:
        raise InputError(f"sequence {sequence.name} has annotations but no images")
    boxes = sequence.ground_truth
    visible = np.isfinite(boxes).all(axis=1) & (np.nan_to_num(boxes[:, 2:]) >= MIN_SIDE).all(axis=1)
    hidden = (sequence.absent, *(sequence.flags.get(name) for name in HIDING_FLAGS))
    for flags in hidden:
        if flags is not None:
            visible &= ~np.asarray(flags, dtype=bool)
    if visible.sum() < 2:
        raise InputError(
            f"sequence {sequence.name} has {int(visible.sum())} visible frame(s)", hint="a clip needs at least two"
        )
    frames = CachedFrames(sequence.frames) if cache else sequence.frames
    return Footage(sequence.name, frames, np.nan_to_num(boxes), np.asarray(visible, dtype=bool))


@dataclass(frozen=True)
class Loaded:
    """Footage that can be used, and why the rest can not."""

    footage: tuple[Footage, ...]
    skipped: tuple[str, ...]


def load_footage(sequences: Iterable[Sequence], *, cache: bool, scenes: Iterable[str] = ()) -> Loaded:
    """Footage of every usable sequence; the others, and unreadable frames of cached ones, are named in ``skipped``.

    ``scenes`` are the patterns of :func:`scene_of`.
    """
    footage: list[Footage] = []
    skipped: list[str] = []
    for sequence in sequences:
        try:
            item = replace(from_sequence(sequence, cache=cache), scene=scene_of(sequence.name, scenes))
        except InputError as error:
            skipped.append(str(error))
            continue
        if isinstance(item.frames, CachedFrames):
            skipped.extend(f"{name}: unreadable image" for name in item.frames.unreadable)
        footage.append(item)
    return Loaded(tuple(footage), tuple(skipped))
