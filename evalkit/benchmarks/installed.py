"""The benchmarks that installed packages bring: entry points ``name = "module:Class"``, imported when asked for."""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import TYPE_CHECKING

from evalkit.entry_points import Registry

if TYPE_CHECKING:
    from evalkit.benchmarks.base import Benchmark

ENTRY_POINT_GROUP = "stdtrack.benchmarks"

BENCHMARKS: Registry[type[Benchmark]] = Registry(
    ENTRY_POINT_GROUP,
    "benchmark",
    "class of a benchmark with this `name`",
    lambda name, kind: getattr(kind, "name", None) == name,
)
"""Every benchmark of every installed package, by command-line name."""


def all_benchmarks() -> tuple[type[Benchmark], ...]:
    """The classes by precedence, then by name; left out is one that cannot be imported: whoever names it is told."""
    return _all(tuple(sys.path))


@lru_cache(maxsize=8)
def _all(path: tuple[str, ...]) -> tuple[type[Benchmark], ...]:
    """``path`` is ``sys.path``, by which they are remembered."""
    return tuple(sorted(BENCHMARKS.importable().values(), key=lambda kind: (kind.precedence, kind.name)))
