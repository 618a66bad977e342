"""TNL2K, 700 test sequences: ``<seq>/imgs/*`` and ``<seq>/groundtruth.txt``.

The official toolkit comes with ``annos/{gt_rect,absent}/<seq>.txt`` and ``annos/att/<seq>_attribute.txt`` of 17 values.
Coordinates are 0-based: boxes at the left and upper border have x = 0 and y = 0. Image names are not uniform.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib.resources.abc import Traversable
from typing import ClassVar

from evalkit.benchmarks.attributes import Published
from evalkit.benchmarks.base import Benchmark, Source
from evalkit.benchmarks.layout import (
    annotation_files,
    beside,
    first_folder,
    frames_folder,
    optional_file,
    sequence_folders,
)
from evalkit.errors import InputError
from evalkit.reading.tables import read_boxes, read_flags
from evalkit.sequences.sequence import Sequence
from evalkit.types import Flags


class TNL2K(Benchmark):
    """Tracking by Natural Language, test set."""

    name = "tnl2k"
    title = "TNL2K"
    origin = 0
    family = "tnl2k"
    listed = "tnl2k.txt"
    folders = ("tnl2k", "tnl2ktest", "tnl2ktestsubset", "tnl2ktestingset")
    spellings: ClassVar[Mapping[str, Mapping[str, str]]] = {"tnl2ktest": {}, "tnl2ktestsubset": {}}
    attribute_order = (  # of the toolkit's Evaluate_TNL2K_dataset.m
        *("CM", "ROT", "DEF", "FOC", "IV", "OV", "POC", "VC", "SV"),
        *("BC", "MB", "ARC", "LR", "FM", "AS", "TC", "MS"),
    )
    attribute_tables: ClassVar[Mapping[str, Published]] = {
        "authors": Published("tnl2k_attributes.csv", "the att files of TNL2K's toolkit"),
    }

    def discover(self) -> Mapping[str, Source]:
        """Sequence folders, or the annotations of the official toolkit."""
        folders = sequence_folders(self.root, "groundtruth.txt")
        if folders:
            return {name: self._source(name, folder) for name, folder in folders.items()}
        places = (self.root / "annos" / "gt_rect", self.root / "gt_rect", self.root)
        files = next(filter(None, map(annotation_files, places)), {})
        return {name: self._complete(name, Source(file)) for name, file in files.items()}

    def shortcoming(self) -> str | None:
        """The official scores are made with the toolkit's absent files."""
        lacking = self.lacking("absent/<seq>.txt of the official toolkit", lambda _, source: source.absent)
        return f"{lacking}: official scores need it" if lacking else None

    def load(self, name: str, source: Source) -> Sequence:
        """One sequence."""
        native = read_boxes(source.annotation)
        absent = None if source.absent is None else _read_absent(source.absent, len(native))
        return replace(self.assemble(name, replace(source, absent=None), native), absent=absent)

    def _source(self, name: str, folder: Traversable) -> Source:
        frames = frames_folder(folder / "imgs", folder / "img", folder)
        return self._complete(name, Source(folder / "groundtruth.txt", frames))

    def _complete(self, name: str, source: Source) -> Source:
        folder = first_folder(self.root / "absent", self.root / "annos" / "absent", *beside(self.root, "absent"))
        return source if folder is None else replace(source, absent=optional_file(folder / f"{name}.txt"))


def _read_absent(file: Traversable, length: int) -> Flags:
    """(N,) flags; advSamp_monitor_bikeyellow has one more than rows, a 0, which is dropped."""
    flags = read_flags(file)
    if len(flags) < length or flags[length:].any():
        raise InputError(f"{len(flags)} flags for {length} frames", path=str(file))
    return flags[:length]
