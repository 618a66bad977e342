"""What a result file looks like: text, MATLAB, numpy or JSON; its columns, and rows that are no box.

Which columns are the box, where a score or a frame number stands beside it, is told by names, else by evidence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalkit.boxes import are_boxes
from evalkit.errors import InputError
from evalkit.reading.hints import hint_of_commas
from evalkit.reading.tables import parse_table
from evalkit.reading.text import decode, parse_json, without_mark
from evalkit.results.formats.headed import read_headed
from evalkit.types import Boxes

_DELIMITERS = {b",": "comma", b";": "semicolon", b"\t": "tab"}
_NUMPY = b"\x93NUMPY"
_FIRST_NAME = re.compile(rb"[ \t#\"',;]*([A-Za-z_]+)")
_NO_NAMES = (b"nan", b"inf", b"infinity", b"none", b"null", b"nil", b"n")
_RECT = "rect"
_BOX = 4
_COLUMNS = range(_BOX, _BOX + 3)
_SMALL = 1.0
"""Boxes of a pixel or less are no boxes, but what fractions look like."""


@dataclass(frozen=True)
class Result:
    """The boxes of one result file.

    Attributes:
        boxes: (N, 4) as the file has them; NaN and infinity are left to the protocol.
        form: how they are written: ``comma``, ``MATLAB rect``, ``numpy``.
        note: what the user should know of how they were read; empty if there is nothing.
        repaired: rules that repair rows without a size apply: the OTB toolkit's do to boxes alone, not to the
            parameters of affine transforms.
    """

    boxes: Boxes
    form: str
    note: str = ""
    repaired: bool = True


def read_result(content: bytes, place: str) -> Boxes:
    """(N, 4) boxes of a result file; see :func:`parse_result`."""
    return parse_result(content, place).boxes


def parse_result(content: bytes, place: str) -> Result:
    """Read a result file, told by its content, else by its suffix.

    Raises:
        InputError: with file and row, on anything that holds no boxes.
    """
    suffix = place.rpartition(".")[2].lower()
    if content.startswith(_NUMPY) or suffix == "npy":
        return _numpy_result(content, place)
    if suffix == "mat" or content.startswith((b"MATLAB ", b"\x89HDF")):
        return _matlab_result(content, place)
    return _json_result(content, place) if suffix == "json" else _text_result(content, place)


def _text_result(content: bytes, place: str) -> Result:
    if _has_header(content):
        boxes, note = read_headed(content, place)
        return Result(boxes, delimiter(content), note)
    table = parse_table(content, place, columns=_COLUMNS)
    line = without_mark(content).lstrip()[:1000].partition(b"\n")[0]
    hint = None if table.shape[1] == _BOX else hint_of_commas(line.decode("ascii", "replace"), _BOX)
    if hint is not None:
        raise InputError(f"has {table.shape[1]} columns, expected {_BOX}", path=place, row=1, hint=hint)
    boxes, note = split_columns(table, place)
    return Result(boxes, delimiter(content), note)


def _has_header(content: bytes) -> bool:
    """The first line begins with a name, or with the empty one of pandas' index, and not with a number.

    >>> _has_header(b"x,y,w,h\\n1,2,3,4\\n"), _has_header(b"nan,nan,nan,nan\\n"), _has_header(b",x,y,w,h\\n")
    (True, False, True)
    """
    name = _FIRST_NAME.match(without_mark(content))
    return name is not None and name[1].lower() not in _NO_NAMES


def _matlab_result(content: bytes, place: str) -> Result:
    from evalkit.results.formats.matlab import read_mat
    from evalkit.results.formats.otb_runs import from_matlab

    run = from_matlab(read_mat(content, place), place)
    return Result(run.boxes, f"MATLAB {run.kind}", run.note, run.kind == _RECT)


def _json_result(content: bytes, place: str) -> Result:
    from evalkit.results.formats.otb_runs import from_json

    run = from_json(parse_json(decode(content, place), place, nan=True), place)
    return Result(run.boxes, f"JSON {run.kind}", run.note, run.kind == _RECT)


def _numpy_result(content: bytes, place: str) -> Result:
    from evalkit.results.formats.npy import read_array

    boxes, note = split_columns(read_array(content, place, _COLUMNS), place)
    return Result(boxes, "numpy", note)


def split_columns(table: NDArray[np.float64], place: str) -> tuple[Boxes, str]:
    """The box of each row, and what the further columns were taken for (empty if there is none).

    A column that counts the rows from 0 or 1 is the frame number; a last column of values in [0, 1] is a score.

    Args:
        table: (N, 4 to 6) a result.

    Raises:
        InputError: no reading, or more than one, leaves x, y, w, h of boxes.

    >>> split_columns(np.array([[0.0, 5, 6, 7, 8], [1, 5, 6, 7, 8]]), "a.txt")
    (array([[5., 6., 7., 8.],
           [5., 6., 7., 8.]]), '5 columns: frame number, x, y, w, h')
    """
    columns = table.shape[1]
    if columns == _BOX:
        return table, ""
    readings = [
        (start, names)
        for start, names in _readings(columns)
        if _counts_or_none(table, start, names) and _has_sizes(table[:, start : start + _BOX])
    ]
    if len({start for start, _ in readings}) != 1:
        hint = "a further column must be a frame number, counted from 0 or 1, or at the end a score in [0, 1]"
        hint += "; or name the columns in a first row: x,y,w,h,score"
        raise InputError(f"has {columns} columns, expected x, y, w, h", path=place, row=1, hint=hint)
    start, names = readings[0]
    return table[:, start : start + _BOX].copy(), f"{columns} columns: {', '.join(names)}"


def _readings(columns: int) -> list[tuple[int, tuple[str, ...]]]:
    """Where the box may begin, and the columns' names."""
    box = ("x", "y", "w", "h")
    number, score = "frame number", "score"
    ways: list[tuple[str, ...]] = [(number, *box), (*box, number), (*box, score)]
    ways += [(number, *box, score), (*box, number, score), (*box, score, number)]
    return [(way.index("x"), way) for way in ways if len(way) == columns]


def _counts_or_none(table: NDArray[np.float64], start: int, names: tuple[str, ...]) -> bool:
    """Every further column holds what its name says."""
    checks = {"frame number": _counts, "score": _is_score}
    return all(checks[name](table[:, index]) for index, name in enumerate(names) if name in checks)


def _counts(column: NDArray[np.float64]) -> bool:
    return column[0] in (0, 1) and bool((column == column[0] + np.arange(len(column))).all())


def _is_score(column: NDArray[np.float64]) -> bool:
    known = column[~np.isnan(column)]
    return bool(((known >= 0) & (known <= 1)).all()) and len(known) > 0


def _has_sizes(boxes: Boxes) -> bool:
    """Most rows have a width and a height of more than a pixel."""
    sized = (boxes[:, 2:] > _SMALL).all(axis=1)
    return 2 * int(sized.sum()) > len(boxes)


def delimiter(content: bytes) -> str:
    """Name of what stands between the numbers of the first line.

    >>> delimiter(b"1,2,3,4"), delimiter(b"1 2 3 4")
    ('comma', 'space')
    """
    line = content.lstrip()[:200].partition(b"\n")[0]
    return next((name for mark, name in _DELIMITERS.items() if mark in line), "space")


def rows_without_box(boxes: Boxes) -> NDArray[np.intp]:
    """Indices of rows with NaN or infinity, or without a positive width and height.

    >>> rows_without_box(np.array([[1.0, 2, 3, 4], [1, 2, 0, 4], [np.nan, 2, 3, 4]])).tolist()
    [1, 2]
    """
    return np.flatnonzero(~are_boxes(boxes))
