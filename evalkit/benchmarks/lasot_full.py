"""LaSOT in full, 1,400 sequences (protocol I): the test and training sets in one folder, as LaSOT is unpacked.

The list of the training set was not at hand: the total is what is found.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from evalkit.benchmarks.lasot import LaSOT


class LaSOTFull(LaSOT):
    """Test and training set."""

    name = "lasot_full"
    title = "LaSOT, all"
    listed = ()
    folders = ("lasotfull", "lasot1400", "lasotall", "lasot", "lasotbenchmark")
    precedence = 20
    spellings: ClassVar[Mapping[str, Mapping[str, str]]] = {"lasot1400": {}, "lasotall": {}}
