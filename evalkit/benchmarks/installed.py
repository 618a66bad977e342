"""The benchmarks that installed packages bring: entry points ``name = "module:Class"``, imported when asked for."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING

from evalkit.entry_points import installed, reinstall_hint, the_only
from evalkit.errors import InputError

if TYPE_CHECKING:
    from evalkit.benchmarks.base import Benchmark

ENTRY_POINT_GROUP = "stdtrack.benchmarks"


class Benchmarks(Mapping[str, "type[Benchmark]"]):
    """Classes by command-line name; names are listed without an import.

    A look-up raises InputError for a class that several packages bring, that cannot be imported or is no benchmark.
    """

    def __getitem__(self, name: str) -> type[Benchmark]:
        return _load(name, tuple(sys.path))

    def __contains__(self, name: object) -> bool:
        return name in _points(tuple(sys.path))

    def __iter__(self) -> Iterator[str]:
        return iter(_points(tuple(sys.path)))

    def __len__(self) -> int:
        return len(_points(tuple(sys.path)))


BENCHMARKS: Mapping[str, type[Benchmark]] = Benchmarks()
"""Every benchmark of every installed package, by command-line name."""


def all_benchmarks() -> tuple[type[Benchmark], ...]:
    """The classes by precedence, then by name; left out is one that cannot be imported: whoever names it is told."""
    return _all(tuple(sys.path))


@lru_cache(maxsize=8)
def _all(path: tuple[str, ...]) -> tuple[type[Benchmark], ...]:
    found = []
    for name in _points(path):
        try:
            found.append(_load(name, path))
        except InputError:  # told to whoever names it
            continue
    return tuple(sorted(found, key=lambda kind: (kind.precedence, kind.name)))


@lru_cache(maxsize=8)
def _points(path: tuple[str, ...]) -> Mapping[str, tuple[EntryPoint, ...]]:
    """Entry points by name, sorted; ``path`` is ``sys.path``, by which they are remembered."""
    found = installed(ENTRY_POINT_GROUP)
    if not found:
        hint = reinstall_hint(ENTRY_POINT_GROUP) or "install this package: `pip install .`"
        raise InputError(f"no installed package brings a benchmark (entry points '{ENTRY_POINT_GROUP}')", hint=hint)
    return {name: found[name] for name in sorted(found)}


@lru_cache(maxsize=256)
def _load(name: str, path: tuple[str, ...]) -> type[Benchmark]:
    point = the_only(_points(path)[name], f"the benchmark '{name}'")
    try:
        kind: type[Benchmark] = point.load()
    except (ImportError, AttributeError) as error:
        raise InputError(f"the benchmark '{name}', {point.value}, cannot be imported: {error}") from error
    if getattr(kind, "name", None) != name:
        raise InputError(f"the benchmark '{name}', {point.value}, is no class of a benchmark with this `name`")
    return kind
