"""Values of JSON files of other tools; the error names the file and the place in it, ``annotations[3].bbox``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from evalkit.errors import InputError
from evalkit.reading.fields import as_list, as_mapping, field_of
from evalkit.results.exchange.exact import Four, bounded


@contextmanager
def within(path: Path, hint: str) -> Iterator[None]:
    """Errors of the block are about this file; they say what to do where they do not say so themselves."""
    try:
        yield
    except InputError as error:
        if error.path is not None:
            raise
        raise InputError(error.problem, path=path, row=error.row, hint=error.hint or hint) from error


def as_coordinate(value: object, place: str) -> Decimal:
    """A number of pixels or percent."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise InputError(f"{place} is no number")
    return bounded(Decimal(value), place)


def as_whole(value: object, place: str) -> int:
    """A whole number of at most nine digits, which some tools write as 1.0."""
    number = as_coordinate(value, place)
    if number != int(number) or abs(number) >= 10**9:
        raise InputError(f"{place} is no whole number")
    return int(number)


def as_key(value: object, place: str) -> str:
    """An id, which is a number in some files and a text in others."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise InputError(f"{place} is no id")
    return str(value)


def as_box(value: object, place: str) -> Four:
    """Four numbers."""
    sides = as_list(value, place)
    if len(sides) != 4:
        raise InputError(f"{place} has {len(sides)} numbers, a box has 4")
    x, y, w, h = (as_coordinate(side, f"{place}[{index}]") for index, side in enumerate(sides))
    return x, y, w, h


def rows_of(fields: Mapping[str, Any], name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(place, object) of each object in a list of the file; none where the list is not there."""
    for index, row in enumerate(as_list(fields.get(name, []), name)):
        place = f"{name}[{index}]"
        yield place, as_mapping(row, place)


def size_of(fields: Mapping[str, Any], place: str) -> tuple[int, int] | None:
    """``width`` and ``height``; None where they are not there or say nothing."""
    if "width" not in fields or "height" not in fields:
        return None
    width, height = (field_of(fields, side, place, as_whole) for side in ("width", "height"))
    return (width, height) if min(width, height) > 0 else None
