"""OTB2013 (the benchmark of CVPR 2013) and OTB50 (TB-50), two different halves of OTB100: they share 28 targets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from evalkit.benchmarks.otb100 import OTB100


class OTB2013(OTB100):
    """51 targets of 50 sequences: Jogging has two."""

    name = "otb2013"
    title = "OTB2013"
    precedence = 20
    listed = "otb2013.csv"
    folders = ("otb2013", "cvpr13", "otb", "otb100", "otb2015", "tb100")
    spellings: ClassVar[Mapping[str, Mapping[str, str]]] = {"cvpr13": {}, "cvpr2013": {}, "tb2013": {}}


class OTB50(OTB100):
    """50 targets of 49 sequences: Skating2 has two, Human4 its second alone."""

    name = "otb50"
    title = "OTB50"
    precedence = 20
    listed = "otb50.csv"
    folders = ("otb50", "tb50", "otb", "otb100", "otb2015", "tb100")
    spellings: ClassVar[Mapping[str, Mapping[str, str]]] = {"tb50": {}}
