"""Which files of a tracker are its results on one benchmark, where a tree holds results on several.

Toolkits of pytracking's family put all data sets into one folder, so that OTB's ``Car2.txt`` lies beside UAV123's
``uav_car2.txt`` and LaSOT's ``bird-2.txt`` beside OTB's ``Bird2.txt``; got10k gives a folder to each but LaSOT.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from evalkit.benchmarks.aliases import canonical_name, has_prefix
from evalkit.benchmarks.registry import BENCHMARKS
from evalkit.results.layout import Place
from evalkit.results.names import stem

Located = tuple[Place, str]
"""What a file is, and its path in the tree."""


def own_results(benchmark: str, located: Iterable[Located]) -> list[Located]:
    """One tracker's files without those that only look like results on this benchmark.

    Where some lie in a folder of the benchmark's name, the others are of another benchmark. So is a file that bears
    exactly the name of another benchmark's sequence, if a second file claims the same sequence here, or if any file
    has this benchmark's prefix. Of several for one sequence all others stay: it is for the caller to refuse them.
    """
    found = list(located)
    found = [item for item in found if item[0].in_own_folder] or found
    prefixed = any(has_prefix(benchmark, stem(path)) for _, path in found)
    same: dict[tuple[str, int | None], list[Located]] = defaultdict(list)
    for item in found:
        same[item[0].sequence, item[0].repetition].append(item)
    kept = []
    for items in same.values():
        doubtful = prefixed or len(items) > 1
        own = [item for item in items if not _is_anothers(benchmark, *item)] if doubtful else items
        kept += own if own or prefixed else items
    return kept


def _is_anothers(benchmark: str, place: Place, path: str) -> bool:
    """The file's name is not this benchmark's own for the sequence, but exactly another's for one of its own."""
    name = stem(path)
    if name == place.sequence:
        return False
    return any(canonical_name(other, name) == name for other in BENCHMARKS if other != benchmark)
