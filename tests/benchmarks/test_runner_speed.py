"""The loop around a 2 ms tracker on 640x480 JPEG: its own cost, and how much decoding read-ahead hides.

Compare by name: ``memory-0`` with 2 ms a frame is the overhead; ``jpeg-0`` less ``jpeg-4``, against ``jpeg-0`` less
``memory-0``, is the share of decoding that is hidden (needs a free core).
"""

from __future__ import annotations

import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from evalkit.execution.tracking import track
from evalkit.frames import ImageFolder
from evalkit.trackers.base import Prediction
from evalkit.types import Box, Image

FRAMES, SECONDS = 50, 0.002
BOX = np.array([100.0, 100.0, 50.0, 50.0])
KERNEL = np.ones((3, 3), np.float32)


class Busy:
    """Filters, outside the interpreter lock, for 2 ms a frame."""

    def init(self, image: Image, box: Box) -> None:
        self.box = box

    def update(self, image: Image) -> Prediction:
        end = time.perf_counter() + SECONDS
        while time.perf_counter() < end:
            cv2.filter2D(image[:100, :100], -1, KERNEL)
        return Prediction(self.box, 1.0)


class Decoded(ImageFolder):
    """The same images, decoded before."""

    def read(self, index: int) -> Image:
        return self.images[index]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("images")
    noise = np.random.default_rng(0).integers(0, 256, (600, 700, 3), dtype=np.uint8)
    picture = cv2.GaussianBlur(noise, (0, 0), 2)
    for index in range(FRAMES):
        cv2.imwrite(str(place / f"{index + 1:05d}.jpg"), picture[index : index + 480, index : index + 640])
    return place


@pytest.mark.parametrize("depth", [0, 4])
@pytest.mark.parametrize("source", ["memory", "jpeg"])
def test_track(benchmark: BenchmarkFixture, folder: Path, source: str, depth: int) -> None:
    frames = ImageFolder(folder, FRAMES)
    if source == "memory":
        decoded = Decoded(folder, FRAMES)
        decoded.images = [frames.read(index) for index in range(FRAMES)]
        frames = decoded
    found = benchmark(track, Busy(), frames, BOX, depth=depth)
    assert len(found.boxes) == FRAMES
