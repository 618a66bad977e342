"""What a benchmark is: a layout on disk, its sequences, its rules."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from evalkit.sequence import Sequence


@dataclass(frozen=True)
class Inventory:
    """What lies under a root: names found, and official names not found."""

    present: tuple[str, ...]
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Benchmark(ABC):
    """A benchmark's folder layout, sequence list, annotation rules and official protocol.

    Subclasses are one file each. ``name`` is the command-line name; ``origin`` the coordinate of the top-left pixel
    in its files; ``protocol`` the name of the scoring rules in :mod:`evalkit.protocols` that are official here.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    origin: ClassVar[int]

    def __init__(self, root: Path, options: Mapping[str, str] | None = None) -> None:
        self.root = root
        self.options = dict(options or {})

    @classmethod
    @abstractmethod
    def recognise(cls, root: Path) -> Path | None:
        """The folder at or below ``root`` that has this benchmark's layout (full, annotations only, or a part)."""

    @abstractmethod
    def official_names(self) -> tuple[str, ...] | None:
        """The official list of sequences in order; None where no list is at hand (the total is then unverified)."""

    @abstractmethod
    def inventory(self) -> Inventory:
        """Which sequences are present and which are missing, without opening an image."""

    @abstractmethod
    def sequence(self, name: str) -> Sequence:
        """Load one sequence's annotation, with lazy frames if there are any; raises InputError with file and row."""


@dataclass(frozen=True)
class BenchmarkSpec:
    """``got10k?split=val`` parsed: the benchmark's name and its options."""

    name: str
    options: Mapping[str, str] = field(default_factory=dict)
