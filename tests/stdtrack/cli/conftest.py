"""A small data set of one's own and results on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from evalkit.results.manifest import Manifest, write_manifest
from evalkit.trackers.folders import folder_name

LENGTH = 12


def truth(number: int) -> np.ndarray:
    time = np.arange(LENGTH)
    return np.stack([10 + time + number, 12 + 0.5 * time, 20 + 0 * time, 16 + 0 * time], axis=1)


@pytest.fixture
def own_data(tmp_path: Path) -> Path:
    """Four sequences in the layout of ``folder``, the target a bright box."""
    root = tmp_path / "data"
    for number in range(4):
        folder = root / f"clip{number}"
        (folder / "img").mkdir(parents=True)
        boxes = truth(number)
        lines = [",".join(f"{value:g}" for value in box) for box in boxes]
        (folder / "groundtruth.txt").write_text("\n".join(lines) + "\n")
        for frame, (x, y, w, h) in enumerate(boxes.round().astype(int)):
            image = np.full((60, 80, 3), 40, np.uint8)
            image[y : y + h, x : x + w] = 220
            cv2.imwrite(str(folder / "img" / f"{frame:04d}.png"), image)
    return root


@pytest.fixture
def make_runs(tmp_path: Path, own_data: Path) -> Callable[..., Path]:
    """Writes results: boxes off by ``shift`` pixels for each tracker, on the sequences given."""

    def make(
        shifts: Mapping[str, float], *, sequences: Mapping[str, range] | None = None, workers: int = 1, note: str = ""
    ) -> Path:
        runs = tmp_path / "runs"
        for at, (tracker, shift) in enumerate(shifts.items()):
            folder = runs / folder_name(tracker) / "folder"
            folder.mkdir(parents=True)
            for number in (sequences or {}).get(tracker, range(4)):
                boxes = truth(number)
                boxes[1:, 0] += shift * (1 + 0.2 * number)
                rows = [",".join(map(repr, box)) for box in boxes.tolist()]
                (folder / f"clip{number}.txt").write_text("\n".join(rows) + "\n")
                (folder / f"clip{number}_time.txt").write_text(f"{0.01 * (1 + at)}\n" * LENGTH)
            write_manifest(folder, manifest(tracker, own_data, workers, note))
        return runs

    return make


def manifest(tracker: str, root: Path, workers: int, note: str) -> Manifest:
    facts: dict[str, Any] = {"backend": "example", "device": "cpu"} | ({"note": note} if note else {})
    benchmark = {"name": "folder", "options": {}, "root": str(root), "origin": 0, "fingerprint": ""}
    return Manifest(
        stdtrack="0",
        spec=tracker,
        tracker=facts,
        benchmark=benchmark,
        workers=workers,
        threads=2,
        hardware={"cpu": "Example CPU"},
        versions={"numpy": "2"},
        started="2026-01-01T00:00:00+00:00",
        finished="2026-01-01T00:01:00+00:00",
    )
