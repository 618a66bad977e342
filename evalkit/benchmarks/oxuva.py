"""OxUvA: ``annotations/{dev,test}.csv``, ``tasks/{dev,test}.csv``, ``images/{dev,test}/<video>/%06d.jpeg``.

A sequence is an object of a video, ``vid0000_obj0000``, from its first annotated frame to its last. Every 30th frame is
annotated: as present, with a box relative to the image (0 is its left or top, 1 its right or bottom), or as absent. Of
the test set only the first boxes are public, in ``tasks``. Columns have no titles: video, object, class number, class
name, contains cuts, always visible, frame, present or absent, xmin, xmax, ymin, ymax; of tasks video, object, first
frame, last frame, xmin, xmax, ymin, ymax. Source: oxuva/long-term-tracking-benchmark, README.md and ``oxuva/io_*.py``.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import ClassVar

import numpy as np

from evalkit.benchmarks import lists
from evalkit.benchmarks.base import Benchmark, Source
from evalkit.benchmarks.submission import Submission
from evalkit.benchmarks.vot import SIZES, listed_sizes
from evalkit.errors import InputError
from evalkit.reading.text import read_text
from evalkit.sequences.packed import first_image_size
from evalkit.sequences.sequence import LABELLED, Sequence
from evalkit.suggestions import suggestion
from evalkit.types import Boxes

_SPLITS = ("dev", "test")
_PRESENCE = {"present": True, "absent": False}
_ANNOTATION, _TASK = 12, 8


@dataclass(frozen=True)
class Label:
    """One annotated frame: its number, and xmin, xmax, ymin, ymax relative to the image; None where absent."""

    frame: int
    bounds: tuple[float, float, float, float] | None


@dataclass(frozen=True)
class Track:
    """One object: its labels by frame, and the last frame that a tracker is to answer."""

    labels: tuple[Label, ...]
    last: int

    @property
    def first(self) -> int:
        """Number of the first frame, which has the given box."""
        return self.labels[0].frame


class OxUvA(Benchmark):
    """OxUvA; ``oxuva?split=dev|test``, default the first that is there."""

    name = "oxuva"
    title = "OxUvA"
    origin = 0
    family = "oxuva"
    folders = ("oxuva", "longtermtrackingbenchmark")
    option_names = ("split",)
    results_form = "oxuva"
    submission = Submission(
        total=166,
        member=re.compile(r"(^|/)vid[0-9]{4}_obj[0-9]{4}\.csv$", re.ASCII),
        box_format="",
        ending=".csv",
        any_folder=True,
        options={"split": "test"},
        names=tuple(row["name"] for row in lists.rows("oxuva_test.csv")),
    )
    spellings: ClassVar[Mapping[str, Mapping[str, str]]] = {f"oxuva{split}": {"split": split} for split in _SPLITS}
    variants: ClassVar[tuple[Mapping[str, str], ...]] = ({}, {"split": "test"})

    def __init__(self, root: Traversable, options: Mapping[str, str] | None = None) -> None:
        super().__init__(root, options)
        wanted = self.options.get("split")
        if wanted is not None and wanted not in _SPLITS:
            raise InputError(f"unknown split {wanted!r} of {self.name}", hint=suggestion(wanted, _SPLITS, "one of"))
        self.folder, self.split, self.table = _find(root, (wanted,) if wanted else _SPLITS)

    @classmethod
    def listing(cls) -> Mapping[str, Mapping[str, str]]:
        """Both splits."""
        return {row["name"]: row for split in _SPLITS for row in lists.rows(f"oxuva_{split}.csv")}

    def official_names(self) -> tuple[str, ...]:
        """Those of the split."""
        return tuple(row["name"] for row in lists.rows(f"oxuva_{self.split}.csv"))

    def discover(self) -> Mapping[str, Source]:
        """The objects of the split's table; their frames where the images are there."""
        if self.table is None:
            return {}
        return {name: Source(self.table, self._frames(name), track.first) for name, track in self._tracks.items()}

    def load(self, name: str, source: Source) -> Sequence:
        """One object, its boxes in pixels; rows of NaN in frames without annotation and where it is absent.

        Raises:
            InputError: the size of the images is not known.
        """
        track = self._tracks[name]
        size = self._sizes.get(name) or (None if source.frames is None else first_image_size(source.frames))
        if size is None:
            hint = f"give the images, or {SIZES} beside the annotation: {{sequence: [width, height]}}"
            raise InputError(f"the boxes of {name} are relative to images whose size is not known",
                             path=str(source.annotation), hint=hint)  # fmt: skip
        native, labelled, absent = _rows(track, size)
        sequence = self.assemble(name, source, native)
        return replace(sequence, absent=absent, flags={LABELLED: labelled.astype(np.float64)}, size=size)

    @cached_property
    def _tracks(self) -> Mapping[str, Track]:
        return {} if self.table is None else _read_tracks(self.table)

    @cached_property
    def _sizes(self) -> Mapping[str, tuple[int, int]]:
        file = self.folder / SIZES
        return listed_sizes(file) if file.is_file() else {}

    def _frames(self, name: str) -> Path | None:
        folder = self.folder / "images" / self.split / name.partition("_")[0]
        return folder if isinstance(folder, Path) and folder.is_dir() else None


def _find(root: Traversable, splits: tuple[str, ...]) -> tuple[Traversable, str, Traversable | None]:
    """The folder with the tables, the split, and its table: the annotation, else the tasks."""
    for folder in (root, root / "dataset"):
        for split in splits:
            for kind in ("annotations", "tasks"):
                table = folder / kind / f"{split}.csv"
                if table.is_file():
                    return folder, split, table
    return root, splits[0], None


def _read_tracks(table: Traversable) -> dict[str, Track]:
    """The objects of a table in its order; raises InputError with the row."""
    labels: dict[str, list[Label]] = {}
    last: dict[str, int] = {}
    for row, cells in _cells(table):
        name = f"{cells[0]}_{cells[1]}"
        label = _label(cells, table, row)
        labels.setdefault(name, []).append(label)
        last[name] = max(last.get(name, 0), label.frame if len(cells) == _ANNOTATION else _number(cells[3], table, row))
    tracks = {}
    for name, unordered in labels.items():
        ordered = tuple(sorted(unordered, key=lambda label: label.frame))
        if ordered[0].bounds is None:
            raise InputError(f"{name} begins with a frame without the target", path=str(table))
        tracks[name] = Track(ordered, last[name])
    return tracks


def _cells(table: Traversable) -> Iterator[tuple[int, list[str]]]:
    for row, cells in enumerate(csv.reader(read_text(table).splitlines()), start=1):
        if len(cells) not in (_ANNOTATION, _TASK):
            hint = f"{_ANNOTATION} of an annotation, {_TASK} of a task"
            raise InputError(f"has {len(cells)} columns", path=str(table), row=row, hint=hint)
        yield row, [cell.strip() for cell in cells]


def _label(cells: list[str], table: Traversable, row: int) -> Label:
    if len(cells) == _TASK:
        return Label(_number(cells[2], table, row), _bounds(cells[4:], table, row))
    if cells[7] not in _PRESENCE:
        raise InputError(f"{cells[7]!r} is neither present nor absent", path=str(table), row=row)
    bounds = _bounds(cells[8:], table, row) if _PRESENCE[cells[7]] else None
    return Label(_number(cells[6], table, row), bounds)


def _number(cell: str, table: Traversable, row: int) -> int:
    if not (cell.isascii() and cell.isdigit() and len(cell) < 9):
        raise InputError(f"{cell!r} is no number of a frame", path=str(table), row=row)
    return int(cell)


def _bounds(cells: list[str], table: Traversable, row: int) -> tuple[float, float, float, float]:
    try:
        left, right, top, bottom = map(float, cells)
    except ValueError:
        raise InputError(f"{','.join(cells)} are not four numbers", path=str(table), row=row) from None
    if not np.isfinite([left, right, top, bottom]).all():
        raise InputError(f"{','.join(cells)} are not finite", path=str(table), row=row)
    return left, right, top, bottom


def _rows(track: Track, size: tuple[int, int]) -> tuple[Boxes, np.ndarray, np.ndarray]:
    """(N, 4) x, y, w, h in pixels, (N,) the frame is annotated, (N,) the target is absent in it."""
    length = track.last - track.first + 1
    native, (labelled, absent) = np.full((length, 4), np.nan), np.zeros((2, length), dtype=bool)
    for label in track.labels:
        index = label.frame - track.first
        labelled[index], absent[index] = True, label.bounds is None
        if label.bounds is not None:
            left, right, top, bottom = np.array(label.bounds) * np.repeat(size, 2)
            native[index] = left, top, right - left, bottom - top
    return native, labelled, absent
