"""Generated data of LaSOT's size: 280 sequences of 2448 frames, 6 % of them absent."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from evalkit.benchmarks.lists import names

FRAMES = 2448


def write_annotations(folder: Path, *, frames: int = FRAMES) -> None:
    """``<sequence>.txt`` and ``absent/<sequence>.txt``, as the official toolkit has them."""
    (folder / "absent").mkdir(parents=True)
    for index, name in enumerate(names("lasot.txt")):
        random = np.random.default_rng(index)
        (folder / f"{name}.txt").write_text(_lines(_walk(random, frames), "%d"))
        absent = random.random(frames) < 0.06
        absent[0] = False
        (folder / "absent" / f"{name}.txt").write_text("".join(f"{flag}\n" for flag in absent.astype(int)))


def write_tracker(folder: Path, seed: int, *, frames: int = FRAMES) -> None:
    """``<sequence>.txt`` of a tracker that stays near the target."""
    folder.mkdir(parents=True)
    for index, name in enumerate(names("lasot.txt")):
        truth = _walk(np.random.default_rng(index), frames)
        random = np.random.default_rng((seed, index))
        boxes = truth + random.normal(0, 5, truth.shape).round(4)
        boxes[:, 2:] = np.maximum(boxes[:, 2:], 1)
        boxes[0] = truth[0]
        (folder / f"{name}.txt").write_text(_lines(boxes, "%.4f"))


def _walk(random: np.random.Generator, frames: int) -> np.ndarray:
    corner = 200 + random.normal(0, 1, (frames, 2)).cumsum(axis=0).clip(-150, 150)
    size = 40 + random.random((frames, 2)) * 10
    return np.hstack([corner, size]).round()


def _lines(rows: np.ndarray, form: str) -> str:
    line = ",".join([form] * rows.shape[1])
    return "\n".join(line % tuple(row) for row in rows.tolist()) + "\n"
