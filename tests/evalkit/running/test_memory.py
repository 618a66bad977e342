"""Long videos and large frames: memory stays flat over 100,000 frames, and over frames of 3840 x 2160."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import cv2
import numpy as np
import psutil
import pytest

from evalkit.running.tracking import track
from evalkit.sequences.frames import decode_image
from evalkit.sequences.packed import open_frames
from evalkit.trackers.base import Prediction, Tracker
from evalkit.trackers.spec import load_tracker

FRAMES = 100_000
MEBIBYTE = 1 << 20


class Endless:
    """The same JPEG again and again, decoded every time."""

    def __init__(self, length: int) -> None:
        self.length = length
        picture = np.random.default_rng(0).integers(0, 256, (96, 128, 3), dtype=np.uint8)
        self.encoded = cv2.imencode(".jpg", picture)[1].tobytes()

    def __len__(self) -> int:
        return self.length

    def name(self, index: int) -> str:
        return str(index)

    def read(self, index: int) -> np.ndarray:
        return decode_image(self.encoded, self.name(index))


class Watching:
    """Lets another tracker work and notes the process's memory every so many frames."""

    def __init__(self, tracker: Tracker, every: int) -> None:
        self.tracker, self.every, self.shapes = tracker, every, set()
        self.process, self.resident, self.frame = psutil.Process(), [], 0

    def init(self, image: np.ndarray, box: np.ndarray) -> None:
        self.tracker.init(image, box)

    def update(self, image: np.ndarray) -> Prediction:
        self.frame += 1
        self.shapes.add(image.shape)
        if self.frame % self.every == 0:
            self.resident.append(self.process.memory_info().rss)
        return self.tracker.update(image)


class Still:
    """Answers with the box that it was given."""

    def init(self, image: np.ndarray, box: np.ndarray) -> None:
        self.box = box

    def update(self, image: np.ndarray) -> Prediction:
        return Prediction(self.box, 1.0)


@pytest.mark.slow
def test_memory_is_flat_over_100000_frames():
    watching = Watching(Still(), every=1000)
    found = track(watching, Endless(FRAMES), np.array([10.0, 10, 20, 20]))
    assert len(found.boxes) == FRAMES
    # The results themselves, 48 bytes a frame, are there from the start and become resident as they are filled.
    results = FRAMES * 48
    assert max(watching.resident) - watching.resident[4] < results + 4 * MEBIBYTE


LARGE, LARGE_FRAMES = (2160, 3840, 3), 60


def large_folder(folder: Path) -> Path:
    """Frames of 3840 x 2160 with a patch that moves; ten pictures, each under six names."""
    folder.mkdir()
    patch = np.random.default_rng(1).integers(0, 256, (200, 200, 3), np.uint8)
    for index in range(10):
        image = np.full(LARGE, 90, np.uint8)
        image[1000:1200, 1500 + 4 * index : 1700 + 4 * index] = patch
        cv2.imwrite(str(folder / f"{index}.jpg"), image)
        for number in range(index + 10, LARGE_FRAMES, 10):
            os.link(folder / f"{index}.jpg", folder / f"{number}.jpg")
    return folder


def large_zip(folder: Path) -> Path:
    images, path = large_folder(folder), folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for image in images.iterdir():
            archive.write(image, image.name)
    return path


def large_video(folder: Path) -> Path:
    images, path = large_folder(folder), folder.with_suffix(".avi")
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, LARGE[1::-1])
    for number in range(LARGE_FRAMES):
        writer.write(cv2.imread(str(images / f"{number}.jpg")))
    writer.release()
    return path


@pytest.mark.slow
@pytest.mark.parametrize("make", [large_folder, large_zip, large_video])
def test_memory_is_flat_over_frames_of_4k(tmp_path, make):
    watching = Watching(load_tracker("opencv:mosse"), every=1)
    found = track(watching, open_frames(make(tmp_path / "img"), LARGE_FRAMES), np.array([1500.0, 1000, 200, 200]))
    assert (found.boxes.shape, watching.shapes) == ((LARGE_FRAMES, 4), {LARGE})
    assert np.isfinite(found.boxes).all()
    frame = int(np.prod(LARGE))
    assert max(watching.resident[15:]) - max(watching.resident[:15]) < 2 * frame  # a frame kept each time were 44
