"""Tables of numbers in text files: annotation and results of every benchmark, whatever the delimiter."""

from __future__ import annotations

import re
from collections.abc import Collection
from importlib.resources.abc import Traversable

import numpy as np

from evalkit.errors import InputError
from evalkit.reading.decimals import parse_decimals
from evalkit.reading.hints import hint_of, hint_of_commas
from evalkit.reading.text import read_bytes, without_mark
from evalkit.types import Boxes, Flags

_NUMBER = re.compile(rb"[+-]?(\d+\.?\d*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?|nan|inf(inity)?)", re.IGNORECASE)
_NUMBER_CHARACTERS = b"0123456789+-.,; \t\naefintyAEFINTY"


def read_boxes(file: Traversable) -> Boxes:
    """(N, 4) rows of x, y, w, h as they stand in the file; NaN is allowed, infinity is not.

    Raises:
        InputError: with file and row, on anything that is not four numbers a line.
    """
    return read_table(file, columns=(4,), finite=True)


def read_flags(file: Traversable, length: int | None = None) -> Flags:
    """(N,) truth values, written one a line or all on one line."""
    return read_labels(file, length).astype(bool)


def read_labels(file: Traversable, length: int | None = None) -> np.ndarray:
    """(N,) numbers, written one a line or all on one line; ``length`` is how many there must be."""
    values = read_table(file).ravel()
    if length is not None and len(values) != length:
        raise InputError(
            f"{len(values)} values for {length} frames", path=str(file), hint="one value a frame is expected"
        )
    return values


def read_table(file: Traversable, *, columns: Collection[int] = (), finite: bool = False) -> np.ndarray:
    """(N, C) numbers of a text file, comma, semicolon, tab or space between them; see :func:`parse_table`."""
    return parse_table(read_bytes(file), str(file), columns=columns, finite=finite)


def parse_table(text: bytes, path: str, *, columns: Collection[int] = (), finite: bool = False) -> np.ndarray:
    """(N, C) numbers of a text in which every line has as many.

    Args:
        text: the file's content; blank lines at its end are no rows.
        path: named in errors.
        columns: how many numbers a line may have; empty for any number, the same in each line.
        finite: refuse infinity (NaN stands for "no value" and is always allowed).

    Raises:
        InputError: with the row, on an empty text, a blank line, a field that is no number, or an uneven line.

    >>> parse_table(b"1,2,3,4\\n5 6\\t7;8\\n", "x.txt")
    array([[1., 2., 3., 4.],
           [5., 6., 7., 8.]])
    """
    text = without_mark(text)
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    text = text.replace(b" \n", b"\n").rstrip(b" \t\n")
    if not text:
        raise InputError("is empty", path=path, hint="one row of numbers a frame is expected")
    array = parse_decimals(text + b"\n")
    if array is None:
        array = _parse_uniform(text)
    if array is None or (columns and array.shape[1] not in columns):
        array = _parse_lines(text.split(b"\n"), path, tuple(columns))
    if 8 in columns and array.shape[1] == 8 and 4 in columns:
        _refuse_commas_in_numbers(text, path)
    if finite and np.isinf(array).any():
        raise InputError("infinite value", path=path, row=int(np.isinf(array).any(axis=1).argmax()) + 1)
    return array


def _refuse_commas_in_numbers(text: bytes, path: str) -> None:
    """Four numbers with decimal commas look like eight: a polygon where a rectangle was meant."""
    line = text.partition(b"\n")[0].decode("ascii")
    hint = hint_of_commas(line, 4)
    if hint is not None:
        raise InputError("may be 4 numbers or 8", path=path, row=1, hint=hint)


def _parse_uniform(text: bytes) -> np.ndarray | None:
    """The table by numpy's compiled reader, which knows NaN and exponents; None for what it does not read as we do."""
    if text.translate(None, _NUMBER_CHARACTERS):
        return None
    lines = text.decode("ascii").split("\n")
    try:
        array = np.loadtxt(lines, delimiter="," if "," in lines[0] else None, comments=None, ndmin=2)
    except ValueError:
        return None
    return array if len(array) == len(lines) else None  # numpy skips blank lines


def _parse_lines(lines: list[bytes], path: str, columns: tuple[int, ...]) -> np.ndarray:
    least = min(columns, default=0)
    table = [parse_line(line, row, path, least) for row, line in enumerate(lines, 1)]
    allowed = columns or (len(table[0]),)
    for row, values in enumerate(table, 1):
        if len(values) not in allowed or len(values) != len(table[0]):
            expected = len(table[0]) if len(table[0]) in allowed else " or ".join(map(str, allowed))
            hint = hint_of(lines[row - 1], least) or hint_of(lines[0], least)
            raise InputError(f"has {len(values)} columns, expected {expected}", path=path, row=row, hint=hint)
    return np.array(table, dtype=np.float64)


def parse_line(line: bytes, row: int, path: str, columns: int = 0) -> list[float]:
    """The numbers of one line, whatever the delimiter; raises InputError with the row.

    Args:
        columns: how many there should be, for the hint; 0 if that is not known.
    """
    fields = re.split(rb"[ \t]*[,;][ \t]*|[ \t]+", line.strip(b" \t"))
    if len(fields) > 1 and not fields[-1]:  # "0,0,1," ends in a delimiter
        fields.pop()
    for field in fields:
        if not _NUMBER.fullmatch(field):
            shown = field[:20].decode("utf-8", "backslashreplace")
            problem = f"{shown!r} is not a number" if field else "has an empty field" if line.strip() else "is blank"
            titles = row == 1 and re.match(rb"[A-Za-z#]", field)
            hint = "is it a header? a row of numbers a frame is expected" if titles else None
            raise InputError(problem, path=path, row=row, hint=hint_of(line, columns) or hint)
    return [float(field) for field in fields]
