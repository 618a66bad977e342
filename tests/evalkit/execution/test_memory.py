"""Long videos: memory stays flat over 100,000 frames."""

from __future__ import annotations

import cv2
import numpy as np
import psutil
import pytest

from evalkit.execution.tracking import track
from evalkit.frames import decode_image
from evalkit.trackers.base import Prediction

FRAMES = 100_000
MEBIBYTE = 1 << 20


class Endless:
    """The same JPEG again and again, decoded every time."""

    def __init__(self, length: int) -> None:
        self.length = length
        picture = np.random.default_rng(0).integers(0, 256, (96, 128, 3), dtype=np.uint8)
        self.encoded = cv2.imencode(".jpg", picture)[1]

    def __len__(self) -> int:
        return self.length

    def name(self, index: int) -> str:
        return str(index)

    def read(self, index: int) -> np.ndarray:
        return decode_image(self.encoded, self.name(index))


class Watching:
    """Notes the process's memory every thousand frames."""

    def __init__(self) -> None:
        self.process, self.resident, self.frame = psutil.Process(), [], 0

    def init(self, image: np.ndarray, box: np.ndarray) -> None:
        self.box = box

    def update(self, image: np.ndarray) -> Prediction:
        self.frame += 1
        if self.frame % 1000 == 0:
            self.resident.append(self.process.memory_info().rss)
        return Prediction(self.box, 1.0)


@pytest.mark.slow
def test_memory_is_flat_over_100000_frames():
    watching = Watching()
    found = track(watching, Endless(FRAMES), np.array([10.0, 10, 20, 20]))
    assert len(found.boxes) == FRAMES
    # The results themselves, 48 bytes a frame, are there from the start and become resident as they are filled.
    results = FRAMES * 48
    assert max(watching.resident) - watching.resident[4] < results + 4 * MEBIBYTE
