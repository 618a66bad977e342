"""The folder in which the examples of docstrings run: two clips, and two trackers' results on them."""

from __future__ import annotations

from pathlib import Path

import pytest

SHIFTS = {"one": (1, 3), "two": (2, 2)}
"""By sequence, how many pixels the boxes of each of the two trackers are off."""


def _write_examples(root: Path) -> None:
    """``clips`` (a bright square of 20 pixels in 4 frames each) and ``results`` of the trackers mine and theirs."""
    import cv2
    import numpy as np

    for sequence, shifts in SHIFTS.items():
        images = root / "clips" / sequence / "img"
        images.mkdir(parents=True)
        (images.parent / "groundtruth.txt").write_text("".join(f"{10 + 2 * frame},12,20,20\n" for frame in range(4)))
        for frame in range(4):
            image = np.full((48, 64, 3), 40, np.uint8)
            image[12:32, 10 + 2 * frame : 30 + 2 * frame] = 220
            cv2.imwrite(str(images / f"{frame:04d}.png"), image)
        for tracker, shift in zip(("mine", "theirs"), shifts, strict=True):
            (root / "results" / tracker).mkdir(parents=True, exist_ok=True)
            rows = ["10,12,20,20\n", *(f"{10 + 2 * frame + shift},12,20,20\n" for frame in range(1, 4))]
            (root / "results" / tracker / f"{sequence}.txt").write_text("".join(rows))


@pytest.fixture(scope="session")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That folder, made once."""
    root = tmp_path_factory.mktemp("examples")
    _write_examples(root)
    return root


@pytest.fixture(autouse=True)
def _in_examples(request: pytest.FixtureRequest) -> None:
    """Run examples there, with a cache of their own."""
    if isinstance(request.node, pytest.DoctestItem):
        folder: Path = request.getfixturevalue("examples")
        patch: pytest.MonkeyPatch = request.getfixturevalue("monkeypatch")
        patch.chdir(folder)
        patch.setenv("STDTRACK_CACHE", str(folder / "cache"))
        patch.delenv("STDTRACK_DATA", raising=False)
