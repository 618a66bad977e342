"""A sequence from one of its frames on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from evalkit.sequences.sequence import Frames, Sequence
from evalkit.types import Image


def from_frame(sequence: Sequence, first: int) -> Sequence:
    """The sequence from a frame (0-based) on, as one of its own."""
    return replace(
        sequence,
        native=sequence.native[first:],
        absent=None if sequence.absent is None else sequence.absent[first:],
        polygons=None if sequence.polygons is None else sequence.polygons[first:],
        flags={name: values[first:] for name, values in sequence.flags.items()},
        frames=None if sequence.frames is None else LaterFrames(sequence.frames, first),
        omitted=np.empty((0, 4)),
        skipped=sequence.skipped + first,
        offsets={},
    )


class LaterFrames:
    """Frames from a given one on."""

    def __init__(self, frames: Frames, first: int) -> None:
        self.frames, self.start = frames, first

    def __len__(self) -> int:
        return len(self.frames) - self.start

    def read(self, index: int) -> Image:
        """Decode a frame; raises InputError that names the file."""
        return self.frames.read(self.start + index)

    def name(self, index: int) -> str:
        """Its file."""
        return self.frames.name(self.start + index)
