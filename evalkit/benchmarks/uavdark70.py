"""UAVDark70, by night: 70 sequences, ``Seq/<seq>/`` with numbers of no fixed width, and ``anno/<seq>.txt``.

Coordinates are taken as 1-based, as the authors' other benchmarks; unverified. Of its attributes only LAI is published.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from evalkit.benchmarks.attributes import Published
from evalkit.benchmarks.clips import Clips


class UAVDark70(Clips):
    """Tracking in the dark, from drones."""

    name = "uavdark70"
    title = "UAVDark70"
    listed = "uavdark70.csv"
    folders = ("uavdark70", "uavdark")
    spellings: ClassVar[Mapping[str, Mapping[str, str]]] = {"uavdark": {}}
    image_folders = ("Seq/{}", "data_seq/{}", "{}")
    attribute_tables: ClassVar[Mapping[str, Published]] = {
        "authors": Published("uavdark70_attributes.csv", "its authors, LAI alone"),
    }
