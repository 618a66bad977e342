"""``profile.json``, the one format of profiles: written, and read back, checked since it may be somebody else's."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from evalkit.errors import InputError
from evalkit.reading.text import is_there, read_json
from reports.profiles import NUMBERS

FILE = "profile.json"
FORMAT = 1
"""The version of the file that is written, and the newest that is read."""
COUNTS = ("parameters", "init_macs", "frame_macs", "frame_flops")
_HINT = "give what `stdtrack profile --out` wrote"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,60}", re.ASCII)
"""Names of tables and columns, which become names of files and headers."""
_LARGEST = 1e100


def profile_text(facts: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]) -> str:
    """What :func:`read_profile` reads.

    Args:
        facts: by name, ``machine`` among them; what JSON has no form for becomes text.
        tables: the profiler's tables by name, each with a column ``tracker``.
    """
    rows = {name: json.loads(table.to_json(orient="records")) for name, table in tables.items()}
    return json.dumps({"format": FORMAT, **facts, "tables": rows}, indent=2, default=str)


def read_profile(folder: Path) -> Mapping[str, Any]:
    """The content of a profile's ``profile.json``.

    Returns:
        at least ``tables`` (rows by name; each row has the text ``tracker``, other values are text, numbers, truth
        values or None) and ``machine`` (facts by name).

    Raises:
        InputError: it is not there, no profile, of a newer format, or a value is of another kind.
    """
    path = folder / FILE
    if not is_there(path):
        raise InputError(f"holds no {FILE}", path=folder, hint=_HINT)
    content = read_json(path)
    try:
        return _checked(content)
    except InputError as error:
        raise InputError(error.problem, path=path, hint=error.hint or _HINT) from error


def _checked(content: object) -> Mapping[str, Any]:
    if not isinstance(content, dict) or not isinstance(content.get("tables"), dict):
        raise InputError("is no profile: it has no 'tables'")
    _check_format(content.get("format"))
    machine = content.get("machine", {})
    if not isinstance(machine, dict):
        raise InputError("is no profile: machine is no object")
    for name, rows in content["tables"].items():
        _check_name(name, "tables")
        if not isinstance(rows, list):
            raise InputError(f"is no profile: tables.{name} is no list")
        for number, row in enumerate(rows):
            _check_row(row, f"tables.{name}[{number}]")
    return {**content, "machine": machine}


def _check_format(number: object) -> None:
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise InputError(f"is no profile: its format is {str(number)[:40]!r}, not a version number")
    if number > FORMAT:
        raise InputError(f"has format {number}, this version reads up to {FORMAT}", hint="update stdtrack")


def _check_name(name: str, place: str) -> None:
    if not _NAME.fullmatch(name):
        raise InputError(f"is no profile: {name[:40]!r} in {place} is no name of small letters, digits and _")


def _check_row(row: object, place: str) -> None:
    if not isinstance(row, dict) or not isinstance(row.get("tracker"), str):
        raise InputError(f"is no profile: {place} names no tracker")
    for name, value in row.items():
        _check_name(name, place)
        if value is None:
            continue
        if not isinstance(value, str | int | float):
            raise InputError(f"is no profile: {place}.{name} is neither text nor a number")
        if name in NUMBERS and not _is_number(value, 0 if name in COUNTS else -_LARGEST):
            raise InputError(f"is no profile: {place}.{name} is {str(value)[:40]!r}, no number that it could be")


def _is_number(value: object, smallest: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and smallest <= value <= _LARGEST
