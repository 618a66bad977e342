"""NAT2021, by night: 180 sequences, and 23 long ones: ``data_seq/<seq>/%06d.jpg`` and ``anno/<seq>.txt``.

N04035 begins at image 27. The long set has names of the other for sequences of its own. Coordinates are taken as
1-based, as the authors' other benchmarks; unverified.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from evalkit.benchmarks.clips import Clips


class NAT2021(Clips):
    """Night-time aerial tracking, test set."""

    name = "nat2021"
    title = "NAT2021"
    listed: ClassVar[str | tuple[str, ...]] = "nat2021.csv"
    folders: ClassVar[tuple[str, ...]] = ("nat2021", "nat2021test")
    spellings: ClassVar[Mapping[str, Mapping[str, str]]] = {"nat2021test": {}}


class NAT2021L(NAT2021):
    """The long set."""

    name = "nat2021_l"
    title = "NAT2021-L"
    listed = "nat2021_l.csv"
    folders = ("nat2021l", "nat2021ltest")
    spellings: ClassVar[Mapping[str, Mapping[str, str]]] = {"nat2021ltest": {}}
