"""UAV123, its 10-fps version and UAV20L: aerial sequences, several of which are parts of one clip.

``data_seq/<Set>/<clip>/%06d.jpg`` and ``anno/<Set>/<sequence>.txt``, rows of x, y, w, h with commas, NaN where the
target is absent. Coordinates are 1-based: their minimum is 1, and many boxes touch row 721 of images of 720 rows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from importlib.resources.abc import Traversable
from typing import ClassVar

import numpy as np

from evalkit.benchmarks import lists
from evalkit.benchmarks.base import Benchmark, Source
from evalkit.benchmarks.layout import annotation_files, frames_folder, plain
from evalkit.reading import read_boxes
from evalkit.sequence import Sequence

_LIST = "uav123.csv"
_SETS = frozenset({"uav123", "uav12310fps", "uav20l"})


class UAV123(Benchmark):
    """123 sequences at 30 fps."""

    name = "uav123"
    title = "UAV123"
    origin = 1
    folders: ClassVar[tuple[str, ...]] = ("uav123", "uav")
    annotation_set: ClassVar[str] = "UAV123"
    image_set: ClassVar[str] = "UAV123"
    frame_step: ClassVar[int] = 1

    def official_names(self) -> tuple[str, ...] | None:
        """The 123 sequences."""
        return lists.names(_LIST)

    def discover(self) -> Mapping[str, Source]:
        """The original tree, or a flat folder of annotations."""
        folders = [self.root / "anno" / self.annotation_set]
        if plain(self.root.name) not in _SETS - {plain(self.annotation_set)}:  # else they are those of another set
            folders += [self.root / "anno", self.root]
        files = next(filter(None, map(annotation_files, folders)), {})
        return {name: self._source(name, file) for name, file in files.items()}

    def load(self, name: str, source: Source) -> Sequence:
        """One sequence; rows of NaN mean that the target is absent."""
        native = read_boxes(source.annotation)
        return replace(self.assemble(name, source, native), absent=np.asarray(np.isnan(native).any(axis=1)))

    def official_length(self, name: str) -> int | None:
        """By the list's first and last frame; none is at hand for the relatives of UAV123."""
        row = _row(name)
        return int(row["last"]) - int(row["first"]) + 1 if row and self.official_names() else None

    def clip(self, name: str) -> tuple[str, int | None]:
        """Image folder of a sequence and the number of its first frame, None if it is the whole clip."""
        row = _row(name)
        return (row["folder"], (int(row["first"]) - 1) // self.frame_step + 1) if row else (name, None)

    def _source(self, name: str, annotation: Traversable) -> Source:
        clip, first = self.clip(name)
        images = self.root / "data_seq"
        places = [
            base / folder
            for folder in (clip, re.sub(r"_\d+$", "", name))
            for base in (images / self.image_set, images, self.root)
        ]
        return Source(annotation, frames_folder(*places), first)


def _row(name: str) -> Mapping[str, str] | None:
    return next((row for row in lists.rows(_LIST) if row["name"] == name), None)


class UAV123At10Fps(UAV123):
    """The same sequences, every third frame.

    The first frames follow from the 30-fps list, ``(first - 1) / 3 + 1``; no official list was at hand.
    """

    name = "uav123_10fps"
    title = "UAV123@10fps"
    folders = ("uav12310fps", "uav10fps", "uav123")
    annotation_set = "UAV123_10fps"
    image_set = "UAV123_10fps"
    frame_step = 3

    def official_names(self) -> None:
        """No list is at hand."""


class UAV20L(UAV123):
    """20 long sequences: whole clips of UAV123's image folders."""

    name = "uav20l"
    title = "UAV20L"
    folders = ("uav20l", "uav123")
    annotation_set = "UAV20L"

    def official_names(self) -> None:
        """No list is at hand."""

    def clip(self, name: str) -> tuple[str, None]:
        """The whole clip."""
        return name, None
