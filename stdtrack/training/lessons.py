"""What the teachers of a run agree on in a clip, and their opinions on disk as they are computed."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from evalkit.boxes import iou_continuous
from evalkit.errors import InputError
from stdtrack.training.config import DistillationConfig, TrainConfig
from stdtrack.training.teachers import Look, Opinion, Teacher, open_teacher

WAIT = 60.0
"""Seconds that a process waits while another one writes opinions."""


@dataclass(frozen=True)
class Lesson:
    """What is learnt from the teachers.

    Attributes:
        boxes: (T, 4) float32, the median of theirs: centre x, y, width, height in units of the search crop.
        scores: (T, G, G) float32, where they look for the target: sums to 1 in every frame.
        taught: (T,) the frame counts.
    """

    boxes: np.ndarray
    scores: np.ndarray
    taught: np.ndarray

    @classmethod
    def none(cls, frames: int, grid: int) -> Lesson:
        """Nothing is taught."""
        return cls(
            np.zeros((frames, 4), np.float32), np.zeros((frames, grid, grid), np.float32), np.zeros(frames, dtype=bool)
        )


def agreed(opinions: Sequence[Opinion], boxes: np.ndarray, visible: np.ndarray, config: DistillationConfig) -> Lesson:
    """The lesson of several teachers.

    Args:
        boxes, visible: the true boxes (T, 4) in units of the crop, and the frames (T,) that have one. A frame counts
            where all teachers' boxes have the IoU ``config.agreement`` with each other and with the true one.
    """
    taught = np.array(visible, dtype=bool)
    for first, second in combinations([boxes, *(opinion.boxes for opinion in opinions)], 2):
        taught &= iou_continuous(corner_boxes(first), corner_boxes(second)) >= config.agreement
    scores = np.mean([sharpened(opinion.scores, config.sharpness) for opinion in opinions], axis=0)
    median = np.median([opinion.boxes for opinion in opinions], axis=0)
    return Lesson(median.astype(np.float32), scores.astype(np.float32), taught)


def corner_boxes(boxes: np.ndarray) -> np.ndarray:
    """(T, 4) centre x, y, width, height -> x, y, width, height."""
    return np.concatenate([boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, 2:]], axis=1).astype(np.float64)


def sharpened(scores: np.ndarray, power: float) -> np.ndarray:
    """(T, G, G) scores to a power, made to sum to 1 in every frame.

    >>> sharpened(np.array([[[0.1, 0.3], [0.0, 0.0]]]), 1.0).round(2).tolist()
    [[[0.25, 0.75], [0.0, 0.0]]]
    """
    raised = np.maximum(scores.astype(np.float64), 1e-9) ** power
    shares: np.ndarray = raised / raised.sum((1, 2), keepdims=True)
    return shares


class School:
    """The teachers of a run. Each process opens them, and the file of their opinions, for itself when it needs them.

    Args:
        config: names the teachers, and the file (``opinions.sqlite`` in the run's folder if it names none).

    Raises:
        InputError: a teacher is unknown or its files are missing.
    """

    def __init__(self, config: TrainConfig) -> None:
        self.config = config.distillation
        self._specs, self._root = config.teachers, Path(config.data_root)
        self._file = Path(config.distillation.cache or Path(config.out) / "opinions.sqlite")
        for spec in self._specs:
            open_teacher(spec, self._root)  # what is wrong with it is said here, and not by a worker
        self._teachers: list[Teacher] | None = None

    def teach(self, look: Look, boxes: np.ndarray, visible: np.ndarray) -> Lesson:
        """What the teachers agree on; opinions that are on disk already are not computed again."""
        if self._teachers is None:
            self._teachers = [open_teacher(spec, self._root) for spec in self._specs]
        opinions = [self._opinion(teacher, look) for teacher in self._teachers]
        return agreed(opinions, boxes, visible, self.config)

    def _opinion(self, teacher: Teacher, look: Look) -> Opinion:
        key = digest(teacher.name, look)
        with closing(open_store(self._file)) as store:
            found = store.execute("SELECT boxes, scores FROM opinions WHERE key = ?", (key,)).fetchone()
            if found is None:
                made = teacher.judge(look)
                # As they will be read, so that a run that goes on sees the same numbers.
                found = made.boxes.astype(np.float32).tobytes(), made.scores.astype(np.float16).tobytes()
                with store:
                    store.execute("INSERT OR IGNORE INTO opinions VALUES (?, ?, ?)", (key, *found))
        frames = len(look.searches)
        boxes = np.frombuffer(found[0], np.float32).reshape(frames, 4)
        scores = np.frombuffer(found[1], np.float16).reshape(frames, look.grid, look.grid)
        return Opinion(boxes.astype(np.float64), scores.astype(np.float64))


def digest(name: str, look: Look) -> bytes:
    """What tells an opinion from all others: the teacher and everything it is shown."""
    code = hashlib.sha256(f"{name} {look.factor} {look.grid} {look.searches.shape}".encode())
    for array in (look.template, look.box.astype(np.float64), look.searches):
        code.update(np.ascontiguousarray(array).tobytes())
    return code.digest()


def open_store(path: Path) -> sqlite3.Connection:
    """The file of opinions, made if it is not there; raises InputError for another kind of file."""
    try:
        store = sqlite3.connect(path, timeout=WAIT)
        store.execute("PRAGMA journal_mode=WAL")
        store.execute("PRAGMA synchronous=OFF")
        store.execute("CREATE TABLE IF NOT EXISTS opinions (key BLOB PRIMARY KEY, boxes BLOB, scores BLOB)")
    except sqlite3.Error as error:
        hint = "delete it, or set distillation.cache"
        raise InputError(f"no file of opinions: {error}", path=path, hint=hint) from error
    return store
