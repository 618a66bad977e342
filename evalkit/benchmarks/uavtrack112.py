"""UAVTrack112 and its 45 long sequences: ``data_seq/<seq>/`` and ``anno/<seq>.txt``, ``anno_l/<seq>.txt``.

Coordinates are taken as 1-based, as the authors' other benchmarks; unverified.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from evalkit.benchmarks.clips import Clips


class UAVTrack112(Clips):
    """112 sequences filmed from drones."""

    name = "uavtrack112"
    title = "UAVTrack112"
    listed: ClassVar[str | tuple[str, ...]] = "uavtrack112.txt"
    folders: ClassVar[tuple[str, ...]] = ("uavtrack112", "v4rflight112")
    spellings: ClassVar[Mapping[str, Mapping[str, str]]] = {"v4rflight112": {}}


class UAVTrack112L(UAVTrack112):
    """The 45 of them that are long."""

    name = "uavtrack112_l"
    title = "UAVTrack112_L"
    listed = "uavtrack112_l.txt"
    folders = ("uavtrack112l", "uavtrack112", "v4rflight112")
    spellings: ClassVar[Mapping[str, Mapping[str, str]]] = {}
    annotation_folders_of_all = ("anno_l", "anno")
