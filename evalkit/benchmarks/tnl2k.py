"""TNL2K, 700 test sequences: ``<seq>/imgs/*`` and ``<seq>/groundtruth.txt``.

The official toolkit comes with ``annos/{gt_rect,absent}/<seq>.txt`` and ``annos/att/<seq>_attribute.txt`` of 17 values.
Coordinates are 0-based: boxes at the left and upper border have x = 0 and y = 0. Image names are not uniform.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib.resources.abc import Traversable

from evalkit.benchmarks import lists
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
from evalkit.reading import read_boxes, read_flags
from evalkit.sequence import Sequence
from evalkit.types import Flags

ATTRIBUTES = (
    *("CM", "ROT", "DEF", "FOC", "IV", "OV", "POC", "VC", "SV"),
    *("BC", "MB", "ARC", "LR", "FM", "AS", "TC", "MS"),
)
"""In the order of the attribute files (the toolkit's ``Evaluate_TNL2K_dataset.m``)."""


class TNL2K(Benchmark):
    """Tracking by Natural Language, test set."""

    name = "tnl2k"
    title = "TNL2K"
    origin = 0
    folders = ("tnl2k", "tnl2ktest", "tnl2ktestsubset", "tnl2ktestingset")

    def official_names(self) -> tuple[str, ...]:
        """The 700 sequences."""
        return lists.names("tnl2k.txt")

    def discover(self) -> Mapping[str, Source]:
        """Sequence folders, or the annotations of the official toolkit."""
        found = sequence_folders(self.root, "groundtruth.txt")
        if found:
            return {name: self._source(name, folder) for name, folder in found.items()}
        places = (self.root / "annos" / "gt_rect", self.root / "gt_rect", self.root)
        files = next(filter(None, map(annotation_files, places)), {})
        return {name: self._complete(name, Source(file)) for name, file in files.items()}

    def shortcoming(self) -> str | None:
        """The official scores are made with the toolkit's absent files."""
        has_flags = any(source.absent for source in self.sources.values())
        return None if has_flags else "no folder absent/ of the official toolkit: official scores need it"

    def load(self, name: str, source: Source) -> Sequence:
        """One sequence, with its attributes if the toolkit's files are there."""
        native = read_boxes(source.annotation)
        absent = None if source.absent is None else _read_absent(source.absent, len(native))
        sequence = self.assemble(name, replace(source, absent=None), native)
        return replace(sequence, absent=absent, attributes=_read_attributes(source.facts))

    def _source(self, name: str, folder: Traversable) -> Source:
        frames = frames_folder(folder / "imgs", folder / "img")
        return self._complete(name, Source(folder / "groundtruth.txt", frames))

    def _complete(self, name: str, source: Source) -> Source:
        absent, attributes = self._optional("absent", f"{name}.txt"), self._optional("att", f"{name}_attribute.txt")
        return replace(source, absent=absent, facts=attributes)

    def _optional(self, kind: str, file: str) -> Traversable | None:
        folder = first_folder(self.root / kind, self.root / "annos" / kind, *beside(self.root, kind))
        return None if folder is None else optional_file(folder / file)


def _read_attributes(file: Traversable | None) -> frozenset[str]:
    if file is None:
        return frozenset()
    return frozenset(name for name, has in zip(ATTRIBUTES, read_flags(file, len(ATTRIBUTES)), strict=True) if has)


def _read_absent(file: Traversable, length: int) -> Flags:
    """(N,) flags; advSamp_monitor_bikeyellow has one more than rows, a 0, which is dropped."""
    flags = read_flags(file)
    if len(flags) < length or flags[length:].any():
        raise InputError(f"{len(flags)} flags for {length} frames", path=str(file))
    return flags[:length]
