"""Clips and trackers for profiling."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from evalkit.types import Image
from profiling.latency.clips import Clip, ClipName, choose_clips
from profiling.latency.steps import SHORTEST_CLIP

FRAMES = 40


class Blank:
    """Grey frames in memory: decoding costs nothing."""

    def __len__(self) -> int:
        return FRAMES

    def read(self, index: int) -> Image:
        return np.full((90, 160, 3), 128, dtype=np.uint8)

    def name(self, index: int) -> str:
        return f"frame {index}"


@pytest.fixture
def clip() -> Clip:
    """Forty grey frames with a box."""
    return Clip("blank", Blank(), np.tile([10.0, 20.0, 30.0, 40.0], (FRAMES, 1)))


def write_sequence(folder: Path, frames: int = FRAMES) -> Path:
    """Own data: a folder of images with groundtruth.txt."""
    (folder / "img").mkdir(parents=True)
    for index in range(frames):
        cv2.imwrite(str(folder / "img" / f"{index:04d}.jpg"), np.full((90, 160, 3), 100 + index, dtype=np.uint8))
    (folder / "groundtruth.txt").write_text("10,20,30,40\n" * frames)
    return folder


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root of own data with two short sequences."""
    root = tmp_path_factory.mktemp("own")
    for name in ("first", "second"):
        write_sequence(root / name)
    return root


@pytest.fixture
def clips(data: Path) -> tuple[ClipName, ...]:
    """Both sequences by name."""
    return choose_clips(data, SHORTEST_CLIP, ("folder",))


@pytest.fixture
def trackers(monkeypatch: pytest.MonkeyPatch) -> str:
    """Makes ``profiled_trackers`` importable, here and in workers."""
    monkeypatch.syspath_prepend(Path(__file__).parent)
    return "profiled_trackers"
