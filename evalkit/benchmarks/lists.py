"""Official sequence lists and attributes, as packaged data: facts copied from the benchmarks' own files."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


@cache
def rows(file: str) -> tuple[Mapping[str, str], ...]:
    """Rows of ``lists/<file>`` by column name; a ``.txt`` list has the one column ``name``."""
    text = (files("evalkit.benchmarks") / "lists" / file).read_text(encoding="utf-8")
    header = None if file.endswith(".csv") else ["name"]
    return tuple(csv.DictReader(text.splitlines(), fieldnames=header))


@cache
def names(file: str) -> tuple[str, ...]:
    """Sequence names of ``lists/<file>``, in its order."""
    return tuple(row["name"] for row in rows(file))


@cache
def _attributes(benchmark: str) -> Mapping[str, frozenset[str]]:
    return {row["name"]: frozenset(row["attributes"].split()) for row in rows(f"{benchmark}_attributes.csv")}


# The subset of benchmarks whose attributes are published a sequence at a time; UAV123_10fps has UAV123's sequences.
_ATTRIBUTES = {"otb100": "otb100", "uav123": "uav123", "uav123_10fps": "uav123", "lasot": "lasot"}


def attributes_of(benchmark: str, sequence: str) -> frozenset[str]:
    """Challenge attributes of a sequence, by the benchmark's abbreviations; empty where none are at hand."""
    file = _ATTRIBUTES.get(benchmark)
    return frozenset() if file is None else _attributes(file).get(sequence, frozenset())
