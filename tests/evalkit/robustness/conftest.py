"""A bright square that moves over a soft background: what a tracker by brightness follows."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from evalkit.benchmarks.registry import open_benchmark
from evalkit.sequences.sequence import Sequence
from evalkit.types import Boxes, Image

WIDTH, HEIGHT, SIDE, FRAMES = 120, 90, 20, 30


def true_boxes(frames: int = FRAMES) -> Boxes:
    """(N, 4) 0-based: 2 pixels to the right and 1 down a frame."""
    index = np.arange(frames, dtype=np.float64)
    return np.stack([10 + 2 * index, 12 + index, np.full(frames, SIDE), np.full(frames, SIDE)], axis=1)


def picture(box: np.ndarray) -> Image:
    x, y = box[:2].astype(int)
    image = np.full((HEIGHT, WIDTH, 3), (60, 70, 90), np.uint8)
    image[::7, :, 1] += 25
    image[y : y + SIDE, x : x + SIDE] = 235
    return image


def write_clips(root: Path, names: tuple[str, ...] = ("one", "two"), frames: int = FRAMES) -> Path:
    for name in names:
        (root / name / "img").mkdir(parents=True)
        boxes = true_boxes(frames)
        for number, box in enumerate(boxes, 1):
            cv2.imwrite(str(root / name / "img" / f"{number:04d}.png"), picture(box))
        (root / name / "groundtruth.txt").write_text("".join(",".join(map(repr, row)) + "\n" for row in boxes.tolist()))
    return root


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sequences in the layout of ``folder``."""
    return write_clips(tmp_path_factory.mktemp("clips") / "data")


@pytest.fixture(autouse=True)
def _pixel_trackers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes ``pixel_trackers:...`` importable here and in worker processes."""
    monkeypatch.syspath_prepend(Path(__file__).parent)


@pytest.fixture
def open_clip(clips: Path):
    """The first clip of ``folder`` under variations."""

    def go(name: str) -> Sequence:
        benchmark = open_benchmark(name, data=clips)
        return benchmark.sequence(benchmark.inventory().present[0])

    return go
