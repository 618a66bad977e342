"""VisDrone-SOT, test-dev: 35 sequences, ``sequences/<seq>/img%07d.jpg`` and ``annotations/<seq>.txt``.

The list's lengths are one project's and unverified; coordinates are taken as 1-based, unverified.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from evalkit.benchmarks.clips import Clips


class VisDroneSOT(Clips):
    """Single-object tracking of the VisDrone challenge, the test set with public annotation."""

    name = "visdrone_sot"
    title = "VisDrone-SOT"
    listed = "visdrone_sot.csv"
    folders = ("visdronesot", "visdronesottestdev", "visdrone2018sottestdev", "visdrone2019sottestdev", "visdrone")
    spellings: ClassVar[Mapping[str, Mapping[str, str]]] = {"visdrone": {}, "visdronesottestdev": {}}
    annotation_folders_of_all = ("annotations", "anno")
    image_folders = ("sequences/{}",)
