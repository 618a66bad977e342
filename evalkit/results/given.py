"""Results that lie in memory: boxes by tracker and sequence, as a program has them that tracked by itself."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from evalkit.benchmarks.aliases import canonical_name
from evalkit.errors import InputError
from evalkit.results.files import ResultFile
from evalkit.results.tracker_results import TrackerResults
from evalkit.suggestions import nearest
from evalkit.types import Boxes

Given: TypeAlias = Mapping[str, Mapping[str, Any]]
"""Tracker -> sequence -> (N, 4) boxes x, y, w, h in pixels, 0-based as trackers see them: arrays, lists, tensors."""
FORM = "{tracker: {sequence: (N, 4) boxes x, y, w, h}}"


def given_results(
    given: Given, benchmark: str, known: Iterable[str], origin_of: Callable[[str], int]
) -> tuple[TrackerResults, ...]:
    """The trackers, as if their files had been read.

    Args:
        benchmark: command-line name, without options.
        known: the sequences that can be scored, by the benchmark's own names.
        origin_of: the coordinate of a sequence's first pixel in the benchmark's files: boxes are moved by it.

    Raises:
        InputError: there is no tracker, no or two sequences of a name, or what should be boxes is none.
    """
    names = tuple(known)
    find = partial(canonical_name, benchmark, known=names)
    if not given:
        raise InputError("there are no results", hint=f"boxes in memory are {FORM}")
    trackers = []
    for tracker, by_sequence in given.items():
        files: dict[str, tuple[ResultFile, ...]] = {}
        for name, values in by_sequence.items():
            place, sequence = f"{tracker}/{name}", find(str(name))
            if sequence is None or sequence in files:
                near = nearest(str(name), names)
                problem = f"there is no sequence '{name}' of {benchmark}" if sequence is None else "is given twice"
                raise InputError(problem, path=place, hint=f"did you mean '{near}'?" if near else None)
            boxes = _boxes(values, place) + np.array([1.0, 1.0, 0.0, 0.0]) * origin_of(sequence)
            files[sequence] = (ResultFile(f"{place}.npy", _packed(boxes)),)
        notes = (f"{len(files)} sequences, boxes in memory, counted from pixel 0",)
        trackers.append(TrackerResults(tracker, files, notes, repetitions=dict.fromkeys(files, (1,))))
    return tuple(trackers)


def _boxes(values: Any, place: str) -> Boxes:
    """(N, 4) numbers of an array, a list, a table, or a tensor wherever it lies."""
    plain = values.tolist() if hasattr(values, "tolist") else values
    try:
        boxes = np.asarray(plain, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"is no array of numbers but a {type(values).__name__}", path=place, hint=FORM) from error
    if boxes.ndim != 2 or boxes.shape[1] != 4 or not len(boxes):
        raise InputError(f"has the shape {boxes.shape}, not (N, 4)", path=place, hint="a row x, y, w, h a frame")
    return boxes


def _packed(boxes: Boxes) -> bytes:
    stream = io.BytesIO()
    np.save(stream, boxes)
    return stream.getvalue()
