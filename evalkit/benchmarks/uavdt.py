"""UAVDT, single-object part: 50 sequences, ``<seq>/img%06d.jpg`` and ``anno/<seq>_gt.txt``.

Coordinates are 1-based: so MATLAB's own evaluation and this one give KCF the same figure, .2896.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from evalkit.benchmarks.attributes import Published
from evalkit.benchmarks.clips import Clips


class UAVDT(Clips):
    """Unmanned Aerial Vehicle benchmark: object Detection and Tracking."""

    name = "uavdt"
    title = "UAVDT"
    family = "otb"  # its toolkit is OTB's MATLAB code with its own sequences
    listed = "uavdt.csv"
    folders = ("uavdt", "uavdtsot", "uavbenchmarks")
    spellings: ClassVar[Mapping[str, Mapping[str, str]]] = {"uavdtsot": {}, "uavdts": {}}
    suffix = "_gt"
    image_folders = ("{}", "UAV-benchmark-S/{}", "data_seq/{}", "sequences/{}")
    attribute_order = ("BC", "CM", "OM", "SO", "IV", "OB", "SV", "LT", "LO")  # perfPlot.m
    attribute_tables: ClassVar[Mapping[str, Published]] = {
        "authors": Published("uavdt_attributes.csv", "the att files of UAVDT's toolkit"),
    }
