"""VastTrack, test set: 3,500 sequences, ``[<class>/]<seq>/imgs/`` and ``Groundtruth.txt``, or the toolkit's ``annos/``.

Coordinates are taken as 1-based, as in LaSOT, whose toolkit the authors changed; unverified.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from evalkit.benchmarks.attributes import Published
from evalkit.benchmarks.clips import Clips


class VastTrack(Clips):
    """Vast categories."""

    name = "vasttrack"
    title = "VastTrack"
    listed = "vasttrack.txt"
    folders = ("vasttrack", "vasttracktest", "vasttracktestset")
    spellings: ClassVar[Mapping[str, Mapping[str, str]]] = {"vasttracktest": {}}
    annotation = ("Groundtruth.txt", "groundtruth.txt")
    annotation_folders_of_all = ("annos", "anno")
    by_class = True
    attribute_order = ("LR", "SV", "FM", "ARC", "IV", "INV", "DEF", "ROT", "BC", "MB")
    attribute_tables: ClassVar[Mapping[str, Published]] = {
        "authors": Published("vasttrack_attributes.csv", "the att files of VastTrack's toolkit"),
    }
