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

from evalkit.benchmarks.attributes import Published
from evalkit.benchmarks.base import Benchmark, Source
from evalkit.benchmarks.clip_range import ClipRange
from evalkit.benchmarks.layout import annotation_files, frames_folder, plain
from evalkit.reading.tables import read_boxes
from evalkit.sequences.sequence import Sequence

_SETS = frozenset({"uav123", "uav12310fps", "uav20l"})
_TABLE = Published("uav123_attributes.csv", "the att files of UAV123's toolkit")


class UAV123(Benchmark):
    """123 sequences at 30 fps."""

    name = "uav123"
    title = "UAV123"
    origin = 1
    family: ClassVar[str] = "uav"
    listed: ClassVar[str | tuple[str, ...]] = "uav123.csv"
    prefix: ClassVar[str] = "uav_"
    folders: ClassVar[tuple[str, ...]] = ("uav123", "uav")
    attribute_order = ("SV", "ARC", "LR", "FM", "FOC", "POC", "OV", "BC", "IV", "VC", "CM", "SOB")
    attribute_tables: ClassVar[Mapping[str, Published]] = {"authors": _TABLE}
    annotation_set: ClassVar[str] = "UAV123"
    image_set: ClassVar[str] = "UAV123"

    def annotation_folders(self) -> tuple[Traversable, ...]:
        """The set's own folder, or one of annotations of any set."""
        own = self.root / "anno" / self.annotation_set
        anothers = plain(self.root.name) in _SETS - {plain(self.annotation_set)}
        return (own,) if anothers else (own, self.root / "anno", self.root)

    def discover(self) -> Mapping[str, Source]:
        """The original tree, or a flat folder of annotations."""
        files = next(filter(None, map(annotation_files, self.annotation_folders())), {})
        return {name: self._source(name, file) for name, file in files.items()}

    def load(self, name: str, source: Source) -> Sequence:
        """One sequence; rows of NaN mean that the target is absent."""
        native = read_boxes(source.annotation)
        return replace(self.assemble(name, source, native), absent=np.asarray(np.isnan(native).any(axis=1)))

    def official_length(self, name: str) -> int | None:
        """By the list's first and last frame."""
        clip = self.clip(name)
        return None if clip is None else clip.length

    def clip(self, name: str) -> ClipRange | None:
        """The images of a sequence among those of its clip; None where no list has it."""
        return ClipRange.of(self.listing().get(name, {}))

    def _source(self, name: str, annotation: Traversable) -> Source:
        clip, folder = self.clip(name), self.listing().get(name, {}).get("folder", name)
        images = self.root / "data_seq"
        places = [
            base / folder
            for folder in (folder, re.sub(r"_\d+$", "", name))
            for base in (images / self.image_set, images, self.root)
        ]
        return Source(annotation, frames_folder(*places), None if clip is None else clip.first)


class UAV123At10Fps(UAV123):
    """The same sequences, every third frame."""

    name = "uav123_10fps"
    title = "UAV123@10fps"
    folders = ("uav12310fps", "uav10fps", "uav123")
    spellings: ClassVar[Mapping[str, Mapping[str, str]]] = {"uav10fps": {}, "uav12310": {}}
    annotation_set = "UAV123_10fps"
    image_set = "UAV123_10fps"

    def clip(self, name: str) -> ClipRange | None:
        """Image n of the list at 30 fps is image (n - 1) / 3 + 1 here: so in all 123 rows of ``configSeqs.m``."""
        full = super().clip(name)
        return None if full is None else ClipRange((full.first - 1) // 3 + 1, (full.last - 1) // 3 + 1)


class UAV20L(UAV123):
    """20 long sequences: whole clips of UAV123's image folders."""

    name = "uav20l"
    title = "UAV20L"
    listed = "uav20l.csv"
    folders = ("uav20l", "uav123")
    annotation_set = "UAV20L"
    attribute_tables: ClassVar[Mapping[str, Published]] = {
        "authors": Published("uav20l_attributes.csv", "the att files of UAV20L's toolkit"),
    }
