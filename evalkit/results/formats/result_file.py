"""What a result file looks like: text, MATLAB, numpy or JSON; its numbers, and rows that are no box."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalkit.errors import InputError
from evalkit.reading.hints import hint_of_commas
from evalkit.reading.tables import parse_table
from evalkit.reading.text import decode, parse_json, without_mark
from evalkit.results.formats.columns import BOX, MOST, split_columns
from evalkit.types import Boxes

_DELIMITERS = {b",": "comma", b";": "semicolon", b"\t": "tab"}
_NUMPY = b"\x93NUMPY"
_RECT = "rect"


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
    table = parse_table(content, place, columns=range(BOX, MOST + 1))
    line = without_mark(content).lstrip()[:1000].partition(b"\n")[0]
    hint = None if table.shape[1] == BOX else hint_of_commas(line.decode("ascii", "replace"), BOX)
    if hint is not None:
        raise InputError(f"has {table.shape[1]} columns, expected {BOX}", path=place, row=1, hint=hint)
    boxes, note = split_columns(table, place)
    return Result(boxes, delimiter(content), note)


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

    boxes, note = split_columns(read_array(content, place), place)
    return Result(boxes, "numpy", note)


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
    return np.flatnonzero(~(np.isfinite(boxes).all(axis=1) & (boxes[:, 2:] > 0).all(axis=1)))
