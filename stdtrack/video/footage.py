"""Footage that has an end: video files, folders and archives of images, as frames with their times."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2

from evalkit.benchmarks.layout import unseen_images
from evalkit.errors import InputError
from evalkit.sequences.frames import list_images, read_image
from evalkit.sequences.packed import ARCHIVE_SUFFIXES, ArchiveFrames
from evalkit.sequences.videos import next_frame, open_capture, stated_frames
from evalkit.types import Image

FOLDER_RATE = 30.0
"""Frames a second of images, which state none."""
MOST_RATE = 1000.0
"""Frames a second that are believed; some files state the clock of their time stamps instead."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture and when it was taken.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        seconds: after the first frame, which has 0; each frame has more than the one before.
    """

    image: Image
    seconds: float


class Footage(Protocol):
    """Frames in their order, decoded one at a time."""

    @property
    def name(self) -> str:
        """What it is called in messages."""

    @property
    def frames(self) -> int:
        """How many there should be, 0 if nobody knows; a video's header may be wrong, so count what comes."""

    @property
    def rate(self) -> float:
        """Frames a second, as the source states them."""

    def first(self) -> Frame:
        """The frame with which iterating begins. Raises InputError where it cannot be read."""

    def __iter__(self) -> Iterator[Frame]: ...


class _Recorded:
    """Footage that can be read again from its beginning."""

    def __iter__(self) -> Iterator[Frame]:
        raise NotImplementedError

    def first(self) -> Frame:
        """The first frame; raises InputError where it cannot be read."""
        return next(iter(self))


@dataclass(frozen=True)
class Video(_Recorded):
    """A video file."""

    path: Path
    frames: int
    rate: float

    @property
    def name(self) -> str:
        """Its path."""
        return str(self.path)

    def __iter__(self) -> Iterator[Frame]:
        """Decode frame after frame. Raises InputError where there is none."""
        capture = open_capture(self.path)
        clock = Clock(1.0 / self.rate)
        image = next_frame(capture)
        if image is None:
            raise InputError("has no frame that can be decoded", path=self.path)
        while image is not None:
            yield Frame(image, clock.read(capture.get(cv2.CAP_PROP_POS_MSEC) / 1000.0))
            image = next_frame(capture)


@dataclass(frozen=True)
class Images(_Recorded):
    """A folder or an archive of images, which state no times: one every :data:`FOLDER_RATE`-th of a second."""

    path: Path
    frames: int
    rate: float = FOLDER_RATE

    @property
    def name(self) -> str:
        """Its path."""
        return str(self.path)

    def __iter__(self) -> Iterator[Frame]:
        """Decode image after image. Raises InputError that names the one that cannot be read."""
        for index, image in enumerate(self._images()):
            yield Frame(image, index / self.rate)

    def _images(self) -> Iterator[Image]:
        if self.path.is_dir():
            return map(read_image, list_images(self.path))
        archive = ArchiveFrames(self.path, self.frames)
        return map(archive.read, range(self.frames))


LONGEST_PAUSE = 60.0
"""Seconds between two frames that are believed; broken time stamps jump by years."""


class Clock:
    """Times of frames as a decoder tells them, from 0 on and always rising.

    Args:
        step: seconds between two frames where the decoder tells none, none later than the one before, or a pause of
            more than :data:`LONGEST_PAUSE`.
    """

    def __init__(self, step: float) -> None:
        self._step = step
        self._begin: float | None = None
        self._last = 0.0

    def read(self, told: float) -> float:
        """Seconds after the first frame.

        >>> clock = Clock(0.5)
        >>> [clock.read(told) for told in (7.0, 7.25, 7.25, 9.0)]
        [0.0, 0.25, 0.75, 2.5]
        """
        if self._begin is None:
            self._begin = told
            return 0.0
        seconds = told - self._begin
        if not self._last + 0.5 / MOST_RATE < seconds <= self._last + LONGEST_PAUSE:
            seconds = self._last + self._step
            self._begin = told - seconds
        self._last = seconds
        return seconds


def open_recorded(path: Path) -> Footage:
    """Look at a video file, or a folder or an archive of images; raises InputError if it is none, or empty."""
    if path.is_dir():
        count = len(list_images(path))
        if count == 0:
            raise InputError("a folder without images", path=path, hint=unseen_images(path))
        return Images(path, count)
    if not path.exists():
        raise InputError("no such video, archive or folder", path=path, hint="a camera is its number, a stream its URL")
    if path.suffix.lower() in ARCHIVE_SUFFIXES:
        count = len(ArchiveFrames(path, 0).images)
        if count == 0:
            raise InputError("an archive without images", path=path)
        return Images(path, count)
    capture = open_capture(path)
    return Video(path, stated_frames(capture), believed(capture.get(cv2.CAP_PROP_FPS)))


def believed(rate: float) -> float:
    """Frames a second as a decoder states them, or :data:`FOLDER_RATE` where that cannot be."""
    return rate if 0 < rate <= MOST_RATE else FOLDER_RATE
