"""Values of a JSON file, each checked for its kind: the error names the place, such as ``records[0].seconds``."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from evalkit.errors import InputError

T = TypeVar("T")


def field_of(fields: Mapping[str, Any], name: str, place: str, check: Callable[[object, str], T]) -> T:
    """The value of a field by the check of its kind; raises InputError where it is not there."""
    if name not in fields:
        raise InputError(f"{place} has no '{name}'")
    return check(fields[name], f"{place}.{name}")


def as_mapping(value: object, place: str) -> dict[str, Any]:
    """An object of the file."""
    if not isinstance(value, dict):
        raise InputError(f"{place} is no object")
    return value


def as_list(value: object, place: str) -> list[Any]:
    """A list of the file."""
    if not isinstance(value, list):
        raise InputError(f"{place} is no list")
    return value


def as_text(value: object, place: str) -> str:
    """A text that can be written down again."""
    if not isinstance(value, str):
        raise InputError(f"{place} is no text")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise InputError(f"{place} holds half a surrogate pair") from error
    return value


def as_number(value: object, place: str) -> float:
    """A finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not _is_finite(value):
        raise InputError(f"{place} is no finite number")
    return float(value)


def _is_finite(value: int | float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer of more digits than a float holds
        return False


def as_number_or_nan(value: object, place: str) -> float:
    """A finite number, or NaN where the file has null."""
    return math.nan if value is None else as_number(value, place)
