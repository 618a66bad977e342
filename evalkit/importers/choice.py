"""Which files of a tracker are its results on one benchmark, where a tree holds results on several.

Toolkits of pytracking's family put all data sets into one folder, so that OTB's ``Car2.txt`` lies beside UAV123's
``uav_car2.txt`` and LaSOT's ``bird-2.txt`` beside OTB's ``Bird2.txt``; got10k gives a folder to each but LaSOT.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from evalkit.benchmarks.aliases import distance, has_prefix
from evalkit.importers.layout import Place

Located = tuple[Place, str]
"""What a file is, and its path in the tree."""


def own_results(benchmark: str, located: Iterable[Located]) -> list[Located]:
    """One tracker's files without those that only look like results on this benchmark.

    Where some lie in a folder of the benchmark's name, the others are of another benchmark; so are those without the
    benchmark's prefix where some have it. Of several for one sequence, those with the most similar name stay, and if
    these are several too, it is for the caller to refuse them.
    """
    found = list(located)
    found = [item for item in found if item[0].in_own_folder] or found
    found = [item for item in found if has_prefix(benchmark, stem(item[1]))] or found
    same: dict[tuple[str, int | None], list[Located]] = defaultdict(list)
    for item in found:
        same[item[0].sequence, item[0].repetition].append(item)
    return [item for items in same.values() for item in _nearest(benchmark, items)]


def stem(path: str) -> str:
    """``Basketball`` of ``mine/Basketball.txt``; several times as fast as pathlib, which thousands of files feel."""
    return path.rpartition("/")[2].removesuffix(".txt")


def _nearest(benchmark: str, items: list[Located]) -> list[Located]:
    if len(items) == 1:
        return items
    distances = [distance(benchmark, stem(path), place.sequence) for place, path in items]
    return [item for item, missed in zip(items, distances, strict=True) if missed == min(distances)]
