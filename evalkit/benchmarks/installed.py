"""The benchmarks that installed packages bring: entry points ``name = "module:Class"``, imported when asked for."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from evalkit.benchmarks.variations import MARK, parse_variation
from evalkit.entry_points import Registry
from evalkit.errors import InputError

if TYPE_CHECKING:
    from evalkit.benchmarks.base import Benchmark

ENTRY_POINT_GROUP = "stdtrack.benchmarks"


class Benchmarks(Registry["type[Benchmark]"]):
    """Classes by command-line name.

    A name may have variations behind it, ``otb100+fog@3``: such names are found, and not listed.
    """

    def __getitem__(self, name: str) -> type[Benchmark]:
        below, mark, variation = name.rpartition(MARK)
        return _varied(below, variation, tuple(sys.path)) if mark else super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str) or MARK not in name:
            return super().__contains__(name)
        try:
            return self[name].name == name
        except (KeyError, InputError):
            return False


BENCHMARKS: Registry[type[Benchmark]] = Benchmarks(
    ENTRY_POINT_GROUP,
    "benchmark",
    "class of a benchmark with this `name`",
    lambda name, kind: getattr(kind, "name", None) == name,
)
"""Every benchmark of every installed package, by command-line name."""


def all_benchmarks() -> tuple[type[Benchmark], ...]:
    """The classes by precedence, then by name; left out is one that cannot be imported: whoever names it is told."""
    return _all(tuple(sys.path))


def clips_of(benchmark: str, sequences: Iterable[str]) -> list[str]:
    """The clip that each sequence of a benchmark shows: its own name, but for runs of a variation on one clip.

    >>> clips_of("otb100+sre", ["Bolt@left", "Bolt@right"]), clips_of("another", ["Bolt@left"])
    (['Bolt', 'Bolt'], ['Bolt@left'])
    """
    clip_of = BENCHMARKS[benchmark].clip_of if benchmark in BENCHMARKS else str
    return [clip_of(name) for name in sequences]


@lru_cache(maxsize=8)
def _all(path: tuple[str, ...]) -> tuple[type[Benchmark], ...]:
    """``path`` is ``sys.path``, by which they are remembered."""
    return tuple(sorted(BENCHMARKS.importable().values(), key=lambda kind: (kind.precedence, kind.name)))


@lru_cache(maxsize=1024)
def _varied(below: str, variation: str, path: tuple[str, ...]) -> type[Benchmark]:
    """One class a name, so that instances of equal names are of one class."""
    from evalkit.benchmarks.varied import varied  # knows what a benchmark is, and this module only its name

    return varied(BENCHMARKS[below], *parse_variation(variation, below))
