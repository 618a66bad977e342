"""Challenge attributes of sequences: a published table, or the ``att`` files that lie beside the annotation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING

from evalkit.benchmarks import lists
from evalkit.benchmarks.aliases import own_name
from evalkit.benchmarks.layout import children
from evalkit.reading.tables import read_flags

if TYPE_CHECKING:
    from evalkit.benchmarks.base import Benchmark

_SUFFIXES = ("_attribute.txt", "_att.txt", ".txt")
_NAMED = 3


@dataclass(frozen=True)
class Published:
    """A packaged table of attributes.

    Attributes:
        file: in ``lists/``, with the columns ``name`` and ``attributes``.
        source: who published it.
        package: that has the folder ``lists``.
    """

    file: str
    source: str
    package: str = lists.OWN_PACKAGE


@dataclass(frozen=True)
class Attributes:
    """Attributes of a benchmark's sequences.

    Attributes:
        by_name: abbreviations by sequence.
        source: where they come from, for the user; empty where there are none.
    """

    by_name: Mapping[str, frozenset[str]] = field(default_factory=dict)
    source: str = ""

    def of(self, sequence: str) -> frozenset[str]:
        """Attributes of one sequence; empty where none are known."""
        return self.by_name.get(sequence, frozenset())


@cache
def published(table: Published) -> Attributes:
    """A packaged table."""
    by_name = {row["name"]: frozenset(row["attributes"].split()) for row in lists.rows(table.file, table.package)}
    return Attributes(by_name, table.source)


def attribute_files(
    folders: Iterable[Traversable], kind: type[Benchmark], known: Iterable[str]
) -> dict[str, Traversable]:
    """Files of the first folder ``att``, in any case, that lies in one of ``folders``, by sequence.

    They are ``<sequence>.txt``, ``<sequence>_att.txt`` or ``<sequence>_attribute.txt``; those that belong to none of
    the ``known`` sequences are left out.
    """
    names = tuple(dict.fromkeys(known))
    inside = (child for folder in folders if folder.is_dir() for child in children(folder))
    for folder in (child for child in inside if child.name.lower() == "att" and child.is_dir()):
        named = ((own_name(kind, _stem(file.name), names), file) for file in children(folder))
        files = {name: file for name, file in named if name is not None}
        if files:
            return files
    return {}


def _stem(name: str) -> str:
    lower = name.lower()
    return next((name[: -len(suffix)] for suffix in _SUFFIXES if lower.endswith(suffix)), "")


def with_files(table: Attributes, files: Mapping[str, Traversable], order: tuple[str, ...]) -> Attributes:
    """The attributes of ``att`` files, and for sequences without one, or whose file has no tag, those of the table.

    Args:
        files: ``att`` file by sequence: a 0 or 1 for each attribute.
        order: the attributes in the order of the files.

    Raises:
        InputError: a file has another number of values.
    """
    if not files:
        return table
    read = {
        name: frozenset(attribute for attribute, has in zip(order, read_flags(file, len(order)), strict=True) if has)
        for name, file in files.items()
    }
    tagged = {name: attributes for name, attributes in read.items() if attributes}
    others = [name for name, attributes in table.by_name.items() if attributes and name not in tagged]
    place = str(next(iter(files.values()))).rpartition("/")[0]
    source = f"{place} ({len(tagged)} sequences)"
    if others:
        more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
        source += f"; {', '.join(others[:_NAMED])}{more}: {table.source}"
    return Attributes({**table.by_name, **tagged}, source)
