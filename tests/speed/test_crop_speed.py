"""Cutting the search window out of a frame."""

from __future__ import annotations

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from stdtrack.crops import crop_window, sample_crop

IMAGE = np.random.default_rng(0).integers(0, 255, (720, 1280, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("case", "box"),
    [
        ("small target", [600.0, 300.0, 30.0, 30.0]),
        ("large target", [300.0, 100.0, 500.0, 400.0]),
        ("at the border", [-20.0, -10.0, 80.0, 60.0]),
    ],
)
def test_crop(benchmark: BenchmarkFixture, case: str, box: list[float]) -> None:
    crop = benchmark(lambda: sample_crop(IMAGE, crop_window(np.array(box), 4.0), 256))
    assert crop.shape == (256, 256, 3)
