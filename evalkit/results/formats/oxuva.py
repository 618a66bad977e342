"""OxUvA's own files of predictions: ``<tracker>/<video>_<object>.csv``, a row a frame, boxes relative to the image.

Columns are :data:`COLUMNS`; a first row with these titles, in any order, may stand above them. They mean what they mean
to the authors' code: a frame without a row takes the row before it, frames outside of the task are left out, the box of
an absent target means nothing. For presence the code takes ``true`` and ``false``, the README ``present`` and
``absent``; both are read, and the code's are written.
Source: oxuva/long-term-tracking-benchmark, README.md, ``python/oxuva/io_pred.py``, ``util.py`` and ``assess.py``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from evalkit.benchmarks.base import Benchmark
from evalkit.boxes import text_rows
from evalkit.errors import InputError
from evalkit.reading.text import decode
from evalkit.results.files import OwnForm, ResultFile
from evalkit.results.store import SCORE_SUFFIX, VISIBLE_SUFFIX
from evalkit.sequences.sequence import Sequence
from evalkit.types import Box, Boxes, Flags, Vector

ENDING = "csv"
COLUMNS = ("video", "object", "frame_num", "present", "score", "xmin", "xmax", "ymin", "ymax")
_PRESENCE = {
    **dict.fromkeys(("t", "true", "y", "yes", "1", "present"), True),
    **dict.fromkeys(("f", "false", "n", "no", "0", "absent"), False),
}
_EVERY = 30
"""Frames from one label to the next: no label lies between a task's first frame and this many later."""
_FARTHEST = 10.0
"""Relative coordinates beyond this are pixels."""
_EXPECTED = f"columns are {','.join(COLUMNS)}, boxes relative to the image"


@dataclass(frozen=True)
class Predictions:
    """What a tracker says of one object.

    Attributes:
        frames: (N,) numbers of the video's frames, in ascending order, each once.
        present: (N,) the target is said to be there.
        scores: (N,) confidence that it is.
        bounds: (N, 4) xmin, xmax, ymin, ymax: 0 is the image's left or top, 1 its right or bottom; NaN where absent.
    """

    frames: NDArray[np.int64]
    present: Flags
    scores: Vector
    bounds: NDArray[np.float64]


@dataclass(frozen=True)
class Rows:
    """The same with a row for every frame of the task, as results of ours are.

    Attributes:
        boxes: (N, 4) x, y, w, h in pixels, 0-based; NaN where the target is said to be absent. The first is given.
        scores: (N,) confidence; the first is 1.
        present: (N,) the target is said to be there; the first is.
    """

    boxes: Boxes
    scores: Vector
    present: Flags


def parse_predictions(content: bytes, place: str, name: str) -> Predictions:
    """Read one file.

    Args:
        place: of the file, for messages.
        name: ``<video>_<object>``, of which all rows must be.

    Raises:
        InputError: with file and row.
    """
    lines = [[cell.strip() for cell in line.split(",")] for line in decode(content, place).splitlines()]
    titled = bool(lines) and set(lines[0]) == set(COLUMNS)
    order = [lines[0].index(title) for title in COLUMNS] if titled else range(len(COLUMNS))
    found: dict[int, tuple[bool, float, tuple[float, ...]]] = {}
    for row, cells in enumerate(lines[titled:], start=1 + titled):
        if cells == [""]:
            continue
        try:
            if len(cells) != len(order):
                raise InputError(f"has {len(cells)} columns, expected {len(order)}")
            frame, said = _parsed([cells[index] for index in order], name)
        except InputError as error:
            raise InputError(error.problem, path=place, row=row, hint=error.hint or _EXPECTED) from error
        if frame in found:
            raise InputError(f"a second row of frame {frame}", path=place, row=row)
        found[frame] = said
    if not found:
        raise InputError("holds no predictions", path=place, hint=_EXPECTED)
    frames = sorted(found)
    present, scores, bounds = (np.array(part) for part in zip(*(found[frame] for frame in frames), strict=True))
    return Predictions(np.array(frames, dtype=np.int64), present, scores, bounds)


def _parsed(cells: list[str], name: str) -> tuple[int, tuple[bool, float, tuple[float, ...]]]:
    video, target, frame, presence, score = cells[:5]
    if f"{video}_{target}" != name:
        raise InputError(f"is of {video[:40]}_{target[:40]}", hint=f"the file is named after {name}: one object a file")
    if not (frame.isascii() and frame.isdigit() and len(frame) < 9):
        raise InputError(f"{frame[:20]!r} is no number of a frame")
    present = _PRESENCE.get(presence.lower())
    if present is None:
        raise InputError(f"{presence[:20]!r} is neither true nor false")
    if not present and not score:
        return int(frame), (False, 0.0, (math.nan,) * 4)
    bounds = tuple(map(_number, cells[5:])) if present else (math.nan,) * 4
    if max(map(abs, bounds)) > _FARTHEST:
        raise InputError(f"{','.join(cells[5:])} are pixels", hint="divide by the image's width and height")
    return int(frame), (present, _number(score), bounds)


def _number(cell: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or "_" in cell:  # float() reads 1_0 as 10
        raise InputError(f"{cell[:20]!r} is no finite number")
    return value


def written(name: str, predictions: Predictions) -> str:
    """The file's text, without titles, as the authors' code writes it; numbers read back to the same bits.

    Args:
        name: ``<video>_<object>``.
    """
    video, _, target = name.rpartition("_")
    columns = (predictions.frames, predictions.present, predictions.scores, predictions.bounds)
    lines = []
    for frame, present, score, bounds in zip(*(column.tolist() for column in columns), strict=True):
        box = ",".join(map(repr, bounds)) if present else ",,,"
        lines.append(f"{video},{target},{frame},{str(present).lower()},{score!r},{box}\n")
    return "".join(lines)


def to_rows(predictions: Predictions, given: Box, first: int, length: int, size: tuple[int, int]) -> Rows:
    """A row for every frame of a task.

    Args:
        given: (4,) the box of the first frame, x, y, w, h in pixels.
        first: number of that frame in the video.
        length: frames of the task, the first included.
        size: (width, height) of the image.

    Raises:
        InputError: nothing is said of the frames after the first.
    """
    number = predictions.frames - first
    used = np.flatnonzero((number > 0) & (number < length))
    if not len(used) or number[used[0]] > _EVERY:
        raise InputError(f"says nothing of frames {first + 1} to {first + min(_EVERY, length - 1)}", hint=_EXPECTED)
    boxes, scores, present = np.full((length, 4), np.nan), np.ones(length), np.ones(length, dtype=bool)
    boxes[0] = given
    latest = np.maximum.accumulate(np.isin(np.arange(length), number[used]) * np.arange(length))
    where = used[np.searchsorted(number[used], latest[1:], side="right") - 1]
    spoken = latest[1:] > 0
    left, right, top, bottom = predictions.bounds[where].T * np.repeat(size, 2)[:, None]
    boxes[1:] = np.where(spoken[:, None], np.column_stack([left, top, right - left, bottom - top]), given)
    scores[1:] = np.where(spoken, predictions.scores[where], 1.0)
    present[1:] = np.where(spoken, predictions.present[where], True)
    return Rows(boxes, scores, present)


def from_rows(rows: Rows, first: int, size: tuple[int, int]) -> Predictions:
    """The rows after the first as predictions; see :func:`to_rows`. A present target without a finite box is absent."""
    x, y, w, h = rows.boxes[1:].T
    width, height = size
    bounds = np.column_stack([x / width, (x + w) / width, y / height, (y + h) / height])
    present: Flags = np.logical_and(rows.present[1:], np.isfinite(bounds).all(axis=1))
    bounds[~present] = np.nan
    return Predictions(first + 1 + np.arange(len(bounds)), present, np.nan_to_num(rows.scores[1:]), bounds)


@dataclass(frozen=True)
class _Part(ResultFile):
    """One of the files that a run of ours would have for the same predictions: boxes, scores, or visibility."""

    text: Callable[[], str]

    def read(self) -> bytes:
        """Made when it is asked for; raises InputError with the file and row of the predictions."""
        return self.text().encode()


def form_of(benchmark: Benchmark) -> OwnForm:
    """How trees of results on it are read beside ours."""
    return OwnForm(ENDING, partial(_parts, benchmark))


def _parts(benchmark: Benchmark, file: ResultFile, name: str) -> Mapping[str, ResultFile]:
    """The files of a sequence, as if ours, by what follows its name; the predictions are read once for all three."""
    rows = cache(partial(_rows, benchmark, file, name))
    texts: Mapping[str, Callable[[], str]] = {
        f".{ENDING}": lambda: text_rows(rows().boxes),
        SCORE_SUFFIX: lambda: _column(rows().scores),
        VISIBLE_SUFFIX: lambda: _column(rows().present.astype(np.float64)),
    }
    return {end: _Part(file.place, file.source, text) for end, text in texts.items()}


def first_and_size(benchmark: Benchmark, sequence: Sequence) -> tuple[int, tuple[int, int]]:
    """Number of a sequence's first frame in its video, and (width, height) of its images: OxUvA knows both."""
    first = benchmark.sources[sequence.name].first
    assert first is not None
    assert sequence.size is not None
    return first, sequence.size


def _rows(benchmark: Benchmark, file: ResultFile, name: str) -> Rows:
    sequence = benchmark.sequence(name)
    first, size = first_and_size(benchmark, sequence)
    predictions = parse_predictions(file.read(), file.place, name)
    try:
        return to_rows(predictions, sequence.native[0], first, len(sequence), size)
    except InputError as error:
        raise InputError(error.problem, path=file.place, hint=error.hint) from error


def _column(values: Vector) -> str:
    return "".join(f"{value!r}\n" for value in values.tolist())
