"""Videos and image folders as streams of frames, and a video with what a tracker found in them.

One frame is in memory at a time, however long the video is.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import cv2
import numpy as np

from evalkit.benchmarks.layout import unseen_images
from evalkit.errors import InputError
from evalkit.files import partial_folder
from evalkit.running.tracking import step
from evalkit.sequences.frames import list_images, read_image
from evalkit.sequences.videos import next_frame, open_capture, stated_frames
from evalkit.trackers.base import Prediction, Tracker
from evalkit.types import Box, Image
from stdtrack.images import starting_box

FOLDER_RATE = 30.0
MOST_RATE = 1000.0
"""Frames a second that are believed; some files state the clock of their time stamps instead."""
BOX_RGB, TEXT_RGB, SHADE_RGB = (40, 220, 90), (255, 255, 255), (0, 0, 0)
SMOOTHING = 0.9


@dataclass(frozen=True)
class Video:
    """A video file or a folder of images.

    Attributes:
        path: where it is.
        frames: how many there should be; a video's header may be wrong, so count what comes.
        rate: frames a second.
    """

    path: Path
    frames: int
    rate: float

    def __iter__(self) -> Iterator[Image]:
        """Decode frame after frame, uint8 RGB. Raises InputError where one cannot be read, or there is none."""
        if self.path.is_dir():
            yield from map(read_image, list_images(self.path))
            return
        capture = open_capture(self.path)
        image = next_frame(capture)
        if image is None:
            raise InputError("has no frame that can be decoded", path=self.path)
        while image is not None:
            yield image
            image = next_frame(capture)


def open_video(path: Path) -> Video:
    """Look at a video file or a folder of images; raises InputError if it is neither, or empty."""
    if path.is_dir():
        count = len(list_images(path))
        if count == 0:
            raise InputError("a folder without images", path=path, hint=unseen_images(path))
        return Video(path, count, FOLDER_RATE)
    if not path.exists():
        raise InputError("no such video or folder", path=path)
    capture = open_capture(path)
    rate = capture.get(cv2.CAP_PROP_FPS)
    return Video(path, stated_frames(capture), rate if 0 < rate <= MOST_RATE else FOLDER_RATE)


@dataclass(frozen=True)
class Tracked:
    """One frame, what was found in it, and the speed so far (updates a second, smoothed; 0 in the first frame)."""

    image: Image
    prediction: Prediction
    rate: float


def track(tracker: Tracker, video: Video, box: Box) -> Iterator[Tracked]:
    """Run a tracker through a video from a box in its first frame, and hand out frame after frame.

    Raises:
        InputError: the box is empty, not finite, or wholly outside the image.
        NonsenseError: an answer is no box.
    """
    seconds = 0.0
    for index, image in enumerate(video):
        if index == 0:
            box = starting_box(box, image)
            tracker.init(image, box.copy())
            yield Tracked(image, Prediction(box, 1.0), 0.0)
            continue
        prediction, elapsed = step(tracker, image, index)
        seconds = elapsed if seconds == 0.0 else SMOOTHING * seconds + (1.0 - SMOOTHING) * elapsed
        yield Tracked(image, prediction, 1.0 / seconds)


def drawn(tracked: Tracked) -> Image:
    """A copy of the frame with the box, its score and the speed."""
    image = np.ascontiguousarray(tracked.image).copy()
    x, y, w, h = (float(value) for value in tracked.prediction.box)
    corners = [(round(x), round(y)), (round(x + w), round(y + h))]
    thickness = max(1, round(min(image.shape[:2]) / 240))
    cv2.rectangle(image, corners[0], corners[1], BOX_RGB, thickness, cv2.LINE_AA)
    speed = f", {tracked.rate:.0f} FPS" if tracked.rate else ""
    text = f"score {tracked.prediction.score:.2f}{speed}"
    place, size = (8, 14 + 8 * thickness), 0.4 + 0.15 * thickness
    for colour, width in ((SHADE_RGB, thickness + 2), (TEXT_RGB, thickness)):
        cv2.putText(image, text, place, cv2.FONT_HERSHEY_SIMPLEX, size, colour, width, cv2.LINE_AA)
    return image


FOLDER = "name a .mp4 in a folder that exists"


class VideoFile:
    """A video being written: frames of the first one's size; it takes its name when it is complete."""

    def __init__(self, path: Path, rate: float) -> None:
        self._path, self._rate = path, rate
        self._beside = ExitStack()
        self._partial = path
        self._writer: cv2.VideoWriter | None = None
        self._size = (0, 0)

    def __enter__(self) -> VideoFile:
        try:
            self._partial = self._beside.enter_context(partial_folder(self._path)) / self._path.name
        except OSError as error:
            raise InputError(f"cannot be written: {error.strerror}", path=self._path, hint=FOLDER) from error
        return self

    def add(self, image: Image) -> None:
        """Write a frame; raises InputError if the file or its format cannot be written."""
        if self._writer is None:
            self._size = (image.shape[1], image.shape[0])
            name: Any = os.fsencode(self._partial)  # as text, a name that is no UTF-8 crashes cv2
            self._writer = cv2.VideoWriter(name, cv2.VideoWriter.fourcc(*"mp4v"), self._rate, self._size)
            if not self._writer.isOpened():
                raise InputError("cannot be written as a video", path=self._path, hint=FOLDER)
        if (image.shape[1], image.shape[0]) != self._size:
            image = cv2.resize(image, self._size).astype(np.uint8, copy=False)
        self._writer.write(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._beside:
            if self._writer is not None:
                self._writer.release()
            if kind is None and self._partial.exists():
                os.replace(self._partial, self._path)
