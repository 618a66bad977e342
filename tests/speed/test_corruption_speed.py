"""Decoding a 640 x 480 frame under each corruption, and that reading many frames keeps memory flat."""

from __future__ import annotations

import cv2
import numpy as np
import psutil
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from evalkit.benchmarks.variations import VARIATIONS, Setting
from evalkit.robustness.suites import variations_of
from evalkit.sequences.frames import decode_image
from evalkit.sequences.sequence import Frames, Sequence
from evalkit.types import Image

FRAMES, LIMIT = 200, 0.015
NAMES = [each.name for each in variations_of(["corruptions"])]


class Encoded:
    """Frames of one JPEG, decoded each time."""

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        picture = cv2.resize(rng.integers(0, 256, (60, 80, 3), dtype=np.uint8), (640, 480))
        self._content = cv2.imencode(".jpg", picture)[1].tobytes()

    def __len__(self) -> int:
        return FRAMES

    def read(self, index: int) -> Image:
        return decode_image(self._content, "picture")

    def name(self, index: int) -> str:
        return "picture"


def corrupted(name: str) -> Frames:
    index = np.arange(FRAMES, dtype=np.float64)
    boxes = np.stack([100 + index, 80 + index / 2, np.full(FRAMES, 60.0), np.full(FRAMES, 40.0)], axis=1)
    plain = Sequence("clip", "folder", boxes, 0, Encoded())
    frames = VARIATIONS[name].apply(plain, Setting(5)).frames
    assert frames is not None
    frames.read(0)
    return frames


@pytest.mark.goal
@pytest.mark.parametrize("name", NAMES)
def test_decode_and_corrupt(benchmark: BenchmarkFixture, name: str, idle: bool) -> None:
    frames, at = corrupted(name), iter(np.arange(1 << 30) % FRAMES)
    benchmark(lambda: frames.read(int(next(at))))
    if idle:
        assert benchmark.stats.stats.median <= LIMIT


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_memory_is_flat(name: str) -> None:
    frames, process = corrupted(name), psutil.Process()
    for index in range(FRAMES):
        frames.read(index)
    before = process.memory_info().rss
    for index in range(FRAMES):
        frames.read(index)
    assert process.memory_info().rss - before < 8 << 20
