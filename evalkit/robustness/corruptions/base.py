"""What a corruption is: a change of pixels, of the order of frames, or of where the camera points.

Frames can be read in any order: what happens to frame ``i`` depends on the seed, the clip and ``i`` alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from evalkit.benchmarks.variations import Setting, Variation
from evalkit.sequences.sequence import Frames, Sequence, moved_start
from evalkit.types import Boxes, Image

SEVERITIES = range(1, 6)
REFERENCE_PIXELS = 640 * 480
"""Lengths in pixels hold for a picture of so many; in others they are scaled by its side."""


@dataclass(frozen=True)
class Clip:
    """What a corruption may know of the clip.

    Attributes:
        name: of the sequence, which is part of the seed.
        seed: the user's.
        boxes: (N, 4) ground truth, 0-based xywh; NaN rows where there is none.
    """

    name: str
    seed: int
    boxes: Boxes

    def __len__(self) -> int:
        return len(self.boxes)

    def rng(self, *keys: int | str) -> np.random.Generator:
        """Chance for a purpose: equal keys give equal numbers, on every machine and in every process."""
        words = [self.seed, crc32(self.name.encode()), *(crc32(k.encode()) if isinstance(k, str) else k for k in keys)]
        return np.random.Generator(np.random.SFC64(np.random.SeedSequence(words)))

    @cached_property
    def target_side(self) -> float:
        """Median side of the target, sqrt(w h), in pixels; at least 8."""
        with np.errstate(invalid="ignore"):
            area = self.boxes[:, 2] * self.boxes[:, 3]
        area = area[np.isfinite(area) & (area > 0)]
        return max(8.0, float(np.sqrt(np.median(area)))) if len(area) else 32.0


Read = Callable[[int], Image]
"""Decodes a frame of the clean clip."""
Render = Callable[[Image, int, Read], Image]
"""From frame, index and the clean clip to the corrupted frame; the frame given is not changed."""
Effect = Callable[[Clip, int], Render]
"""The rendering of a clip at a severity, 1 to 5."""
Order = Callable[[Clip, int], NDArray[np.intp]]
"""(N,) the index of the frame that is shown as frame i, at a severity."""
Field = Callable[[Clip, int, NDArray[np.float64]], Boxes]
"""(N, 2) how far the content of the frames is moved, x and y in pixels, at heights (N,) of the picture."""


class CorruptedFrames:
    """Frames that are corrupted as they are read; nothing is kept but what the effect needs for the next frame."""

    def __init__(self, frames: Frames, effect: Effect, clip: Clip, level: int) -> None:
        self.frames, self.effect, self.clip, self.level = frames, effect, clip, level

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.frames, self.effect, self.clip, self.level)

    def __len__(self) -> int:
        return len(self.frames)

    @cached_property
    def _render(self) -> Render:
        return self.effect(self.clip, self.level)

    def read(self, index: int) -> Image:
        """Decode and corrupt frame ``index``; raises InputError that names the file."""
        return self._render(self.frames.read(index), index, self.frames.read)

    def name(self, index: int) -> str:
        """The file of the clean frame."""
        return self.frames.name(index)


class ReorderedFrames:
    """Frames in another order; one that is shown again is not decoded again."""

    def __init__(self, frames: Frames, order: NDArray[np.intp]) -> None:
        self.frames, self.order = frames, order
        self._last: tuple[int, Image] | None = None

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.frames, self.order)

    def __len__(self) -> int:
        return len(self.order)

    def read(self, index: int) -> Image:
        """Decode the frame that is shown as ``index``; raises InputError that names the file."""
        source = int(self.order[index])
        if self._last is None or self._last[0] != source:
            self._last = source, self.frames.read(source)
        return self._last[1].copy()  # a tracker may draw on what it is given

    def name(self, index: int) -> str:
        """The file that is shown."""
        return self.frames.name(int(self.order[index]))


def of_pixels(name: str, kind: str, sentence: str, effect: Effect) -> Variation:
    """A corruption that changes what frames look like and moves nothing."""
    return Variation(name, kind, sentence, _Pixels(effect), SEVERITIES)


def of_order(name: str, kind: str, sentence: str, order: Order) -> Variation:
    """A corruption that shows frames again or leaves some out.

    The ground truth of a frame is that of the picture which is shown: a tracker is asked where the target is in what it
    sees. What being late costs is measured by replaying, see :mod:`evalkit.robustness.real_time`.
    """
    return Variation(name, kind, sentence, _Order(order), SEVERITIES)


def of_motion(name: str, kind: str, sentence: str, effect: Effect, field: Field) -> Variation:
    """A corruption that moves what is in the picture, and the ground truth with it."""
    return Variation(name, kind, sentence, _Motion(effect, field), SEVERITIES)


def _clip(sequence: Sequence, setting: Setting) -> Clip:
    return Clip(sequence.name, setting.seed, sequence.ground_truth)


@dataclass(frozen=True)
class _Pixels:
    effect: Effect

    def __call__(self, sequence: Sequence, setting: Setting) -> Sequence:
        if sequence.frames is None:
            return sequence
        frames = CorruptedFrames(sequence.frames, self.effect, _clip(sequence, setting), setting.level)
        return replace(sequence, frames=frames)


@dataclass(frozen=True)
class _Order:
    order: Order

    def __call__(self, sequence: Sequence, setting: Setting) -> Sequence:
        order = self.order(_clip(sequence, setting), setting.level)
        return replace(
            sequence,
            native=sequence.native[order],
            absent=None if sequence.absent is None else sequence.absent[order],
            polygons=None if sequence.polygons is None else sequence.polygons[order],
            flags={name: values[order] for name, values in sequence.flags.items()},
            frames=None if sequence.frames is None else ReorderedFrames(sequence.frames, order),
        )


@dataclass(frozen=True)
class _Motion:
    effect: Effect
    field: Field

    def __call__(self, sequence: Sequence, setting: Setting) -> Sequence:
        clip = _clip(sequence, setting)
        sized = np.all(sequence.native[:, 2:] > 0, axis=1, keepdims=True)  # false for NaN
        shift = self.field(clip, setting.level, clip.boxes[:, 1] + clip.boxes[:, 3] / 2)
        shift = np.where(sized & np.isfinite(shift), shift, 0.0)
        moved = np.concatenate([shift, np.zeros_like(shift)], axis=1)
        return replace(
            _Pixels(self.effect)(sequence, setting),
            native=sequence.native + moved,
            polygons=None if sequence.polygons is None else sequence.polygons + np.tile(shift, 4),
            start=moved_start(sequence.start, moved[0]),
        )
