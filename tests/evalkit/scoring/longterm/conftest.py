"""Long-term sequences and a tracker's results on them, drawn from numpy's frozen streams, in vot-toolkit's layout."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

NAMES = ("ballet", "bicycle", "bike1")
"""Three of VOT-LT2018's names."""
SIZE = (320, 240)


def _truth(stream: np.random.RandomState, length: int) -> np.ndarray:
    """(N, 4) boxes on a slow walk, NaN in two stretches."""
    steps = np.cumsum(stream.normal(0, 3, (length, 2)), axis=0)
    place = np.clip(np.array([130.0, 100.0]) + steps, 2, np.array(SIZE) - 60)
    boxes = np.hstack([place, 30 + 20 * np.abs(np.sin(np.arange(length) / 20.0))[:, None], np.full((length, 1), 36.0)])
    boxes = np.round(boxes, 2)
    for start in (length // 4, 2 * length // 3):
        boxes[start : start + length // 8] = np.nan
    return boxes


def _results(stream: np.random.RandomState, truth: np.ndarray) -> tuple[list[str], list[str]]:
    """Lines of regions and of confidences: near the target, elsewhere, codes, boxes without a size, outside."""
    rows, confidence = ["1"], [""]
    last = truth[0]
    for box in truth[1:]:
        last = last if np.isnan(box).any() else box
        kind = stream.randint(20)
        shift = stream.normal(0, 4 if kind < 14 else 40, 4)
        found = np.round(last + shift * np.array([1, 1, 0.3, 0.3]), 3)
        rows.append(",".join(f"{value:.3f}" for value in found))
        if kind == 17:
            rows[-1] = "0"
        elif kind == 18:
            rows[-1] = "0,0,0,0"
        elif kind == 19:
            rows[-1] = "330.5,250,20,30"
        sure = 0.9 - 0.02 * np.abs(shift[:2]).sum() - 0.4 * np.isnan(box).any()
        confidence.append("nan" if stream.randint(40) == 0 else f"{sure:.2f}")
    return rows, confidence


def write(root: Path, seed: int, lengths: tuple[int, ...] = (90, 120, 150)) -> Path:
    """Ground truth below ``root/sequences``, results below ``root/results/made_up``; returns ``root``."""
    stream = np.random.RandomState(seed)
    for name, length in zip(NAMES, lengths, strict=True):
        truth = _truth(stream, length)
        rows, confidence = _results(stream, truth)
        folder, out = root / "sequences" / name, root / "results" / "made_up" / "longterm" / name
        for path in (folder, out):
            path.mkdir(parents=True)
        (folder / "groundtruth.txt").write_text(
            "".join(",".join(f"{value:.2f}" for value in box) + "\n" for box in truth)
        )
        (folder / "sequence").write_text(f"name={name}\nfps=30\nwidth={SIZE[0]}\nheight={SIZE[1]}\n")
        (out / f"{name}_001.txt").write_text("".join(f"{row}\n" for row in rows))
        (out / f"{name}_001_confidence.value").write_text("".join(f"{value}\n" for value in confidence))
    return root


@pytest.fixture
def made_up() -> Callable[..., Path]:
    """:func:`write`."""
    return write
