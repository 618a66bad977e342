"""DTB70: 70 drone sequences in OTB's layout, ``<Seq>/img/%05d.jpg`` and ``<Seq>/groundtruth_rect.txt``.

Coordinates are taken as 1-based like OTB's, whose code its authors used; unverified.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from evalkit.benchmarks.attributes import Published
from evalkit.benchmarks.base import Benchmark, Source
from evalkit.benchmarks.layout import annotation_files, frames_folder, sequence_folders

_ANNOTATION = "groundtruth_rect.txt"


class DTB70(Benchmark):
    """Drone Tracking Benchmark."""

    name = "dtb70"
    title = "DTB70"
    origin = 1
    family = "otb"
    listed = "dtb70.csv"
    folders = ("dtb70", "dtb")
    spellings: ClassVar[Mapping[str, Mapping[str, str]]] = {"dtb": {}}
    attribute_order = ("SV", "ARV", "OCC", "DEF", "FCM", "IPR", "OPR", "OV", "BC", "SOA", "MB")  # perfPlot.m
    attribute_tables: ClassVar[Mapping[str, Published]] = {
        "authors": Published("dtb70_attributes.csv", "the att files of DTB70's toolkit"),
    }

    def discover(self) -> Mapping[str, Source]:
        """Sequence folders, or a flat folder of annotations."""
        sources = {
            name: Source(folder / _ANNOTATION, frames_folder(folder / "img", folder))
            for name, folder in sequence_folders(self.root, _ANNOTATION).items()
        }
        flat = {} if sources else annotation_files(self.root / "anno") or annotation_files(self.root)
        return sources | {name: Source(file) for name, file in flat.items()}
