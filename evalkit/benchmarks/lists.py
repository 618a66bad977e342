"""Official sequence lists, as packaged data: facts copied from the benchmarks' own files."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

OWN_PACKAGE = "evalkit.benchmarks"


@cache
def rows(file: str, package: str = OWN_PACKAGE) -> tuple[Mapping[str, str], ...]:
    """Rows of a package's ``lists/<file>`` by column name; a ``.txt`` list has the one column ``name``."""
    text = (files(package) / "lists" / file).read_text(encoding="utf-8")
    header = None if file.endswith(".csv") else ["name"]
    return tuple(csv.DictReader(text.splitlines(), fieldnames=header))


@cache
def official(listed: str | tuple[str, ...], package: str = OWN_PACKAGE) -> Mapping[str, Mapping[str, str]]:
    """What an official list says of each sequence of a benchmark, by name and in its order; empty without a list.

    Columns: ``length``, or ``first`` and ``last`` image, ``folder`` of the images, ``omitted`` frames at the start;
    each only where the list has it.

    Args:
        listed: the list's file, or the names.
        package: whose folder ``lists`` has the file.
    """
    if isinstance(listed, tuple):
        return {name: {"name": name} for name in listed}
    return {row["name"]: row for row in rows(listed, package)} if listed else {}
