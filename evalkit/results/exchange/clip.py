"""A clip as annotation tools know it: a row of frames, and tracks of boxes through them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from evalkit.errors import InputError
from evalkit.types import Boxes, Flags, Vector

GROUND_TRUTH = "ground truth"
"""What the annotation's own track is called beside those of trackers."""
MOST_BOXES = 20_000_000
"""Frames times tracks: a short file can speak of more, and it would take gigabytes to hold what it does not say."""


@dataclass(frozen=True, eq=False)
class Track:
    """One target through a clip, as annotated or as one tracker has it.

    Attributes:
        name: the target's label, or the tracker.
        boxes: (N, 4) float64 x, y, w, h in pixels, 0-based; a row of NaN where the target is not there.
        scores: (N,) the tracker's confidence, NaN where it has none; None if it never has one.
        truth: this is annotation and no tracker's result.
    """

    name: str
    boxes: Boxes
    scores: Vector | None = None
    truth: bool = True

    @property
    def present(self) -> Flags:
        """(N,) the target has a box."""
        present: Flags = np.asarray(np.isfinite(self.boxes).all(axis=1), dtype=np.bool_)
        return present


@dataclass(frozen=True, eq=False)
class Clip:
    """Frames and the tracks through them.

    Attributes:
        name: without a path or suffix.
        length: how many frames, N of every track.
        size: (width, height) of the frames in pixels; None where nobody said.
        frames: the folder of images, the archive or the video; None where it is not at hand.
        images: file names of the frames in order; empty of a video, or where they are not known.
    """

    name: str
    length: int
    tracks: tuple[Track, ...]
    size: tuple[int, int] | None = None
    frames: Path | None = None
    images: tuple[str, ...] = ()

    def image(self, index: int) -> str:
        """The file name of frame ``index``; a made-up one, ``000001.jpg`` of frame 0, where none is known."""
        return self.images[index] if self.images else f"{index + 1:06d}.jpg"

    def known_size(self, wanted_by: str) -> tuple[int, int]:
        """(width, height); raises InputError where it is not known."""
        if self.size is None:
            hint = "give the images or the video with --frames"
            raise InputError(
                f"{wanted_by} holds shares of the image, and the size of {self.name} is not known", hint=hint
            )
        return self.size


def empty_boxes(length: int) -> Boxes:
    """(N, 4) of a target that is never there."""
    return np.full((length, 4), np.nan)


def checked_length(length: int, place: str, tracks: int = 1) -> int:
    """The number of frames; raises InputError for none, or for so many of so many tracks that it cannot be meant."""
    if length < 1:
        raise InputError(f"{length} frames", path=place, hint="a clip has one or more")
    if length * tracks > MOST_BOXES:
        problem = f"{length} frames of {tracks} tracks"
        raise InputError(problem, path=place, hint=f"a clip has at most {MOST_BOXES:,} boxes: convert a part of it")
    return length


def distinct(tracks: Iterable[Track]) -> tuple[Track, ...]:
    """The tracks under names of their own: of several ``car`` the second becomes ``car-2``.

    >>> [track.name for track in distinct(Track(name, empty_boxes(1)) for name in ("car", "dog", "car"))]
    ['car', 'dog', 'car-2']
    """
    taken: set[str] = set()
    named = []
    for track in tracks:
        name, number = track.name, 1
        while name in taken:
            number += 1
            name = f"{track.name}-{number}"
        taken.add(name)
        named.append(replace(track, name=name))
    return tuple(named)


def joined(clips: Iterable[Clip]) -> tuple[Clip, ...]:
    """Clips of one name as one clip with the tracks of all; raises InputError where their lengths differ."""
    found: dict[str, Clip] = {}
    for clip in clips:
        other = found.setdefault(clip.name, clip)
        if other is clip:
            continue
        if other.length != clip.length:
            raise InputError(f"{clip.name} has {other.length} frames in one file and {clip.length} in another")
        found[clip.name] = replace(other, tracks=(*other.tracks, *clip.tracks), size=other.size or clip.size)
    return tuple(replace(clip, tracks=distinct(clip.tracks)) for clip in found.values())


def by_target(clips: Iterable[Clip]) -> tuple[Clip, ...]:
    """One clip a track, as a benchmark has one target a sequence: ``street`` with two cars is ``street-car`` and
    ``street-car-2``; a clip of one track keeps its name.
    """
    return tuple(
        replace(clip, name=clip.name if len(clip.tracks) == 1 else f"{clip.name}-{track.name}", tracks=(track,))
        for clip in clips
        for track in clip.tracks
    )
