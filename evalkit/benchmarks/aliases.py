"""One sequence, many spellings: the names that other toolkits give to a benchmark's sequences."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache

from evalkit.benchmarks import lists

# pytracking's result files carry these prefixes.
_PREFIXES = {"otb100": "otb_", "uav123": "uav_", "uav123_10fps": "uav_", "uav20l": "uav_", "nfs30": "nfs_"}
# got10k and the MATLAB toolkit name the folder where only one of its targets is in the benchmark.
_OTHER_NAMES = {"otb100": {"human4": "Human4_2"}}


def canonical_name(benchmark: str, name: str, known: Iterable[str] | None = None) -> str | None:
    """The benchmark's own name for a sequence that a toolkit calls ``name``; None if it has no such sequence.

    Compared are, in this order: the name as it is; without regard to case and kind of separator (``Jogging.1``,
    ``jogging-1``); without separators but those between digits (``airplane1``; ``car11`` is never ``car1_1``). Names
    that become alike match by an earlier way only. The last way is not for what another benchmark calls exactly so:
    LaSOT's ``bird-2`` is not OTB's Bird2. A toolkit's prefix (``uav_bike1``) is taken off when the name is unknown
    with it.

    Args:
        known: sequence names to choose from; default: the official list.

    >>> canonical_name("otb100", "Human4"), canonical_name("uav123", "uav_car1-1"), canonical_name("uav123", "car99")
    ('Human4_2', 'car1_1', None)
    """
    index = _official_index(benchmark) if known is None else _index(tuple(known))
    found = _look_up(name, index) or _look_up(_OTHER_NAMES.get(benchmark, {}).get(name.lower(), ""), index)
    if found is None and has_prefix(benchmark, name):
        return canonical_name(benchmark, _without_prefix(benchmark, name), known)
    return found


def has_prefix(benchmark: str, name: str) -> bool:
    """The name begins as pytracking's results on this benchmark do: ``uav_bike1``."""
    prefix = _PREFIXES.get(benchmark)
    return prefix is not None and name.lower().startswith(prefix)


def _without_prefix(benchmark: str, name: str) -> str:
    return name[len(_PREFIXES[benchmark]) :]


def _look_up(name: str, index: tuple[Mapping[str, str], ...]) -> str | None:
    exact, separated, joined = zip(_keys(name), index, strict=True)
    found = next((keys[key] for key, keys in (exact, separated) if key in keys), None)
    key, keys = joined
    return found or (keys[key] if key in keys and name not in _all_official_names() else None)


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
def _all_official_names() -> frozenset[str]:
    return frozenset(name for benchmark in lists.LISTED for name in lists.official(benchmark))


@cache
def _official_index(benchmark: str) -> tuple[Mapping[str, str], ...]:
    return _index(tuple(lists.official(benchmark)))
