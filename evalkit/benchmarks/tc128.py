"""Temple Color 128: 129 targets, ``<Seq>/img/%04d.jpg`` and ``<Seq>/<Seq>_gt.txt``; three begin at a later image.

Coordinates are taken as 1-based, as OTB's, whose sequences are among them; unverified.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from evalkit.benchmarks.attributes import Published
from evalkit.benchmarks.clips import Clips


class TColor128(Clips):
    """Temple Color: 128 colour sequences, Jogging with two targets."""

    name = "tc128"
    title = "TColor-128"
    listed = "tc128.csv"
    prefix = "tpl_"
    folders = ("tc128", "tcolor128", "templecolor128", "templecolor", "tpl")
    spellings: ClassVar[Mapping[str, Mapping[str, str]]] = {"tcolor128": {}, "templecolor128": {}, "tpl": {}}
    annotation = ("{}_gt.txt",)
    suffix = "_gt"
    attribute_order = ("IV", "OPR", "SV", "OCC", "DEF", "MB", "FM", "IPR", "OV", "BC", "LR")
    attribute_tables: ClassVar[Mapping[str, Published]] = {
        "authors": Published("tc128_attributes.csv", "att files of TColor-128, one copy"),
    }
