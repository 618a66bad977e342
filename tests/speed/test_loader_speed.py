"""Opening sequences, reading annotations and decoding frames."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from evalkit.benchmarks.registry import open_benchmark

SEQUENCES, FRAMES = 20, 200


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Own data: twenty annotated sequences, images in the first."""
    folder = tmp_path_factory.mktemp("sequences")
    rng = np.random.default_rng(0)
    image = cv2.resize(rng.integers(0, 255, (36, 64, 3), dtype=np.uint8), (1280, 720))
    encoded = cv2.imencode(".jpg", image)[1].tobytes()
    for number in range(SEQUENCES):
        images = folder / f"sequence{number:02d}" / "img"
        images.mkdir(parents=True)
        rows = rng.uniform(10, 500, (FRAMES, 4))
        np.savetxt(images.parent / "groundtruth.txt", rows, fmt="%.3f", delimiter=",")
        for index in range(FRAMES):
            (images / f"{index:05d}.jpg").write_bytes(encoded if number == 0 and index < 10 else b"")
    return folder


def test_open_and_list(benchmark: BenchmarkFixture, root: Path) -> None:
    inventory = benchmark(lambda: open_benchmark("folder", data=root).inventory())
    assert len(inventory.present) == SEQUENCES


def test_read_annotations(benchmark: BenchmarkFixture, root: Path) -> None:
    opened = open_benchmark("folder", data=root)
    sequences = benchmark(lambda: [opened.sequence(name) for name in opened.inventory().present])
    assert all(len(sequence) == FRAMES for sequence in sequences)


def test_decode_a_720p_frame(benchmark: BenchmarkFixture, root: Path) -> None:
    opened = open_benchmark("folder", data=root)
    frames = opened.sequence("sequence00").frames
    assert frames is not None
    assert benchmark(frames.read, 3).shape == (720, 1280, 3)
