"""Official sequence lists, as packaged data: facts copied from the benchmarks' own files."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

_FILES = {
    "otb100": "otb100.csv",
    "uav123": "uav123.csv",
    "uav123_10fps": "uav123.csv",
    "uav20l": "uav20l.csv",
    "nfs30": "nfs30.csv",
    "dtb70": "dtb70.csv",
    "lasot": "lasot.txt",
    "lasot_ext": "lasot_ext.txt",
    "tnl2k": "tnl2k.txt",
    "vot2015": "vot2015.txt",
    "vot2016": "vot2015.txt",
    "vot2017": "vot2017.csv",
    "vot2018": "vot2017.csv",
    "vot2019": "vot2019.csv",
}
LISTED = tuple(_FILES)
"""Benchmarks whose official list is at hand."""


@cache
def rows(file: str) -> tuple[Mapping[str, str], ...]:
    """Rows of ``lists/<file>`` by column name; a ``.txt`` list has the one column ``name``."""
    text = (files("evalkit.benchmarks") / "lists" / file).read_text(encoding="utf-8")
    header = None if file.endswith(".csv") else ["name"]
    return tuple(csv.DictReader(text.splitlines(), fieldnames=header))


@cache
def official(benchmark: str) -> Mapping[str, Mapping[str, str]]:
    """What the official list says of each sequence of a benchmark, by name and in its order; empty without a list.

    Columns: ``length``, or ``first`` and ``last`` image, ``folder`` of the images, ``omitted`` frames at the start;
    each only where the list has it.
    """
    file = _FILES.get(benchmark)
    return {} if file is None else {row["name"]: row for row in rows(file)}
