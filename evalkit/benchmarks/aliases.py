"""One sequence, many spellings: the names that other toolkits give to a benchmark's sequences."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from evalkit.benchmarks.installed import BENCHMARKS, all_benchmarks

if TYPE_CHECKING:
    from evalkit.benchmarks.base import Benchmark


def canonical_name(benchmark: str, name: str, known: Iterable[str] | None = None) -> str | None:
    """The benchmark's own name for a sequence that a toolkit calls ``name``; None if it has no such sequence.

    Compared are, in this order: the name as it is; without regard to case and kind of separator (``Jogging.1``,
    ``jogging-1``); without separators but those between digits (``airplane1``; ``car11`` is never ``car1_1``). Names
    that become alike match by an earlier way only. The last way is not for what another benchmark calls exactly so:
    LaSOT's ``bird-2`` is not OTB's Bird2. A toolkit's prefix (``uav_bike1``) is taken off when the name is unknown
    with it.

    Args:
        benchmark: its command-line name.
        known: sequence names to choose from; default: the official list.

    >>> canonical_name("otb100", "Human4"), canonical_name("uav123", "uav_car1-1"), canonical_name("uav123", "car99")
    ('Human4_2', 'car1_1', None)
    """
    return own_name(BENCHMARKS[benchmark], name, known)


def own_name(kind: type[Benchmark], name: str, known: Iterable[str] | None = None) -> str | None:
    """:func:`canonical_name` of a benchmark's class, which need not be installed."""
    index = _official_index(kind) if known is None else _index(tuple(known))
    official = _look_up(name, index) or _look_up(kind.other_names.get(name.lower(), ""), index)
    if official is None and has_prefix(kind, name):
        return own_name(kind, name[len(kind.prefix) :], known)
    return official


def has_prefix(kind: type[Benchmark], name: str) -> bool:
    """The name begins as pytracking's results on this benchmark do: ``uav_bike1``."""
    return bool(kind.prefix) and name.lower().startswith(kind.prefix)


def _look_up(name: str, index: tuple[Mapping[str, str], ...]) -> str | None:
    exact, separated, joined = zip(_keys(name), index, strict=True)
    meant = next((keys[key] for key, keys in (exact, separated) if key in keys), None)
    key, keys = joined
    return meant or (keys[key] if key in keys and name not in _official_names(all_benchmarks()) else None)


def _keys(name: str) -> tuple[str, str, str]:
    separated = re.sub(r"[^a-z0-9]+", "_", name.lower())
    return name, separated, re.sub(r"(?<!\d)_|_(?!\d)", "", separated)


@lru_cache(maxsize=32)
def _index(known: tuple[str, ...]) -> tuple[Mapping[str, str], ...]:
    """A mapping from key to name for each way of comparing; keys of two names are left out."""
    indices = []
    for keys in zip(*map(_keys, known), strict=True):
        count: dict[str, int] = {}
        for key in keys:
            count[key] = count.get(key, 0) + 1
        indices.append({key: name for key, name in zip(keys, known, strict=True) if count[key] == 1})
    return tuple(indices) or ({}, {}, {})


@cache
def _official_names(kinds: tuple[type[Benchmark], ...]) -> frozenset[str]:
    return frozenset(name for kind in kinds for name in kind.listing())


@cache
def _official_index(kind: type[Benchmark]) -> tuple[Mapping[str, str], ...]:
    return _index(tuple(kind.listing()))
