"""LaSOT, 280 test sequences: ``<class>/<class>-<n>/`` with ``img/%08d.jpg``, ``groundtruth.txt`` and two flag files.

Rows of 1-based x, y, w, h with commas; ``full_occlusion.txt`` and ``out_of_view.txt`` are one line of 0/1 each. The
official toolkit comes with ``annos/<seq>.txt`` and its own ``annos/absent/<seq>.txt``, which its scores are made with.
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
    subfolders,
)
from evalkit.reading.tables import read_boxes
from evalkit.sequences.sequence import Sequence

_ANNOTATION = "groundtruth.txt"
_FLAGS = {"full_occlusion": "full_occlusion.txt", "out_of_view": "out_of_view.txt"}
_ABSENT = ("absent", "annos/absent", "anno/absent")
# The only one that has more images than rows.
_LONGER_CLIPS = frozenset({"monkey-17"})


class LaSOT(Benchmark):
    """Large-scale Single Object Tracking, test set (protocol II)."""

    name = "lasot"
    title = "LaSOT"
    origin = 1
    family: ClassVar[str] = "lasot"
    listed: ClassVar[str | tuple[str, ...]] = "lasot.txt"
    folders: ClassVar[tuple[str, ...]] = ("lasot", "lasotbenchmark", "lasottest", "lasottestingset")
    spellings: ClassVar[Mapping[str, Mapping[str, str]]] = {"lasottest": {}, "lasottestingset": {}}
    attribute_tables: ClassVar[Mapping[str, Published]] = {
        "authors": Published("lasot_attributes.csv", "LaSOT's published attributes"),
    }

    def discover(self) -> Mapping[str, Source]:
        """Folders by class or all in one, or the flat annotations of the official toolkit."""
        absent = first_folder(*(self.root / place for place in _ABSENT), *beside(self.root, "absent"))
        annotations: dict[str, Traversable] = {}
        for folder in (self.root, *subfolders(self.root)):
            annotations |= sequence_folders(folder, _ANNOTATION)
        sources = {name: _source(name, folder, absent) for name, folder in annotations.items()}
        if sources:
            return sources
        places = (self.root / "annos", self.root / "anno", self.root)
        files = next(filter(None, map(annotation_files, places)), {})
        return {name: Source(file, absent=_absent_file(absent, name)) for name, file in files.items()}

    def shortcoming(self) -> str | None:
        """The official scores are made with the toolkit's absent files."""
        lacking = self.lacking("absent/<seq>.txt of the official toolkit", lambda _, source: source.absent)
        if not lacking:
            return None
        if self.lacking("flags", lambda _, source: source.absent or source.flags):
            return f"{lacking}: official scores need it"
        return f"{lacking}: the target counts as absent when occluded or out of view"

    def load(self, name: str, source: Source) -> Sequence:
        """One sequence; without the toolkit's absent files the target is absent when occluded or out of view."""
        sequence = self.assemble(name, source, read_boxes(source.annotation))
        if sequence.absent is None and len(sequence.flags) == len(_FLAGS):
            occluded, outside = (sequence.flags[flag].astype(bool) for flag in _FLAGS)
            return replace(sequence, absent=occluded | outside)
        return sequence


def _source(name: str, folder: Traversable, absent: Traversable | None) -> Source:
    return Source(
        folder / _ANNOTATION,
        frames_folder(folder / "img", folder),
        first=1 if name in _LONGER_CLIPS else None,
        absent=_absent_file(absent, name),
        flags={flag: folder / file for flag, file in _FLAGS.items() if (folder / file).is_file()},
    )


def _absent_file(folder: Traversable | None, name: str) -> Traversable | None:
    return None if folder is None else optional_file(folder / f"{name}.txt")
