"""LaSOT_ext: 150 sequences of 15 further classes, in LaSOT's layout.

The official evaluation kit and its absent files were not at hand: scores by LaSOT's rules are unverified.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from evalkit.benchmarks.attributes import Published
from evalkit.benchmarks.lasot import LaSOT


class LaSOTExt(LaSOT):
    """LaSOT extension subset."""

    name = "lasot_ext"
    title = "LaSOT_ext"
    family = "lasot_ext"
    listed = "lasot_ext.txt"
    folders = ("lasotext", "lasotextension", "lasotextensionsubset")
    spellings: ClassVar[Mapping[str, Mapping[str, str]]] = {"lasotextension": {}, "lasotextensionsubset": {}}
    attribute_tables: ClassVar[Mapping[str, Published]] = {}
