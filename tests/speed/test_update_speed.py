"""One update of a tracker on a frame in memory: crop, model, box."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from evalkit.trackers.spec import load_tracker

IMAGE = np.asarray(
    cv2.resize(np.random.default_rng(0).integers(0, 255, (36, 64, 3), dtype=np.uint8), (1280, 720)), dtype=np.uint8
)
BOX = np.array([600.0, 300.0, 60.0, 80.0])


def follow(benchmark: BenchmarkFixture, spec: str) -> None:
    tracker = load_tracker(spec)
    tracker.init(IMAGE, BOX)
    prediction = benchmark(tracker.update, IMAGE)
    assert np.isfinite(prediction.box).all()


@pytest.mark.parametrize("spec", ["stdtrack:base", "stdtrack:nano", "opencv:csrt", "opencv:kcf", "opencv:mosse"])
def test_update(benchmark: BenchmarkFixture, spec: str) -> None:
    follow(benchmark, spec)


@pytest.mark.parametrize("peer", ["nanotrack_v2", "nanotrack_v3", "fear_xs"])
def test_update_of_a_peer(benchmark: BenchmarkFixture, peer: str, shared: Path) -> None:
    follow(benchmark, f"onnx:{peer}?weights={shared / 'weights' / peer}")
