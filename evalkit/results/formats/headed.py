"""Text results whose first row names the columns, ``frame,x,y,w,h,score``: the box is where the names say.

Corners and centres are refused: whether x2 - x1 is a width or a pixel short of one, only their author knows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from evalkit.errors import InputError
from evalkit.reading.hints import hint_of_commas
from evalkit.reading.tables import parse_line
from evalkit.reading.text import decode
from evalkit.types import Boxes

_BOX = {
    "x": ("x", "left", "bbleft", "bboxleft", "bboxx"),
    "y": ("y", "top", "bbtop", "bboxtop", "bboxy"),
    "w": ("w", "width", "bbwidth", "bboxwidth", "bboxw"),
    "h": ("h", "height", "bbheight", "bboxheight", "bboxh"),
}
_FRAME = ("frame", "frameid", "frameno", "framenumber", "frameindex", "frameidx", "index", "idx", "")
"""Names of columns that count the frames; pandas leaves that of its index empty."""
_DELIMITERS = (",", ";", "\t")
_WANTED = "name them x, y, w, h: the top-left corner and the size in pixels"


def read_headed(content: bytes, place: str) -> tuple[Boxes, str]:
    """(N, 4) boxes by the names of the columns, and what to say of these; empty cells are NaN, as pandas writes it.

    Raises:
        InputError: with the row, where no or several columns are x, y, w or h, a row has another number of fields, or
            frames are not counted from 0 or 1.

    >>> read_headed(b"score,x,y,w,h\\n0.5,1,2,3,4\\n", "a.csv")
    (array([[1., 2., 3., 4.]]), 'columns by their names: score, x, y, w, h')
    """
    lines = decode(content, place).rstrip().splitlines()
    mark = next((mark for mark in _DELIMITERS if mark in lines[0]), None)
    names = _fields(lines[0].lstrip("# ").rstrip(f" {mark}"), mark)
    plain = [re.sub(r"[^a-z0-9]", "", name.lower()) for name in names]
    columns = [_column(plain, names, letter, place) for letter in _BOX]
    if len(lines) < 2:
        raise InputError("is empty", path=place, hint="one row of numbers a frame is expected")
    rows = [_row(line, row, len(names), mark, place) for row, line in enumerate(lines[1:], 2)]
    numbered = next((at for at, name in enumerate(plain) if name in _FRAME), None)
    if numbered is not None:
        _require_counting([cells[numbered] for cells in rows], names[numbered] or "index", place)
    table = [_box([cells[at] or "nan" for at in columns], row, place) for row, cells in enumerate(rows, 2)]
    return np.array(table, dtype=np.float64), f"columns by their names: {', '.join(name or 'index' for name in names)}"


def _fields(line: str, mark: str | None) -> list[str]:
    return [field.strip().strip("\"'").strip() for field in line.split(mark)]


def _column(plain: Sequence[str], names: Sequence[str], letter: str, place: str) -> int:
    """Where x, y, w or h stands."""
    found = [at for at, name in enumerate(plain) if name in _BOX[letter]]
    if len(found) != 1:
        said = "two columns are" if found else "no column is"
        raise InputError(
            f"{said} {letter} among {', '.join(name or 'index' for name in names)}"[:200],
            path=place,
            row=1,
            hint=_WANTED,
        )
    return found[0]


def _row(line: str, row: int, width: int, mark: str | None, place: str) -> list[str]:
    cells = _fields(line, mark)
    if len(cells) == width + 1 and not cells[-1]:  # a delimiter at the end
        cells.pop()
    if len(cells) != width:
        raise InputError(f"has {len(cells)} columns, but the first row names {width}", path=place, row=row)
    return cells


def _box(cells: Sequence[str], row: int, place: str) -> list[float]:
    line = ";".join(cells)
    values = parse_line(line.encode(), row, place, len(cells))
    if len(values) != len(cells):
        raise InputError("a field is more than a number", path=place, row=row, hint=hint_of_commas(line, len(cells)))
    return values


def _require_counting(cells: Sequence[str], name: str, place: str) -> None:
    """Every frame has its row, in order."""
    first = cells[0].removesuffix(".0")
    start = int(first) if first in ("0", "1") else None
    wrong = 0 if start is None else next((at for at, cell in enumerate(cells) if not _is(cell, start + at)), None)
    if wrong is not None:
        hint = "a result has a row for every frame, counted from 0 or 1"
        expected = "0 or 1" if start is None else start + wrong
        raise InputError(f"{name} is {cells[wrong][:20]!r}, not {expected}", path=place, row=wrong + 2, hint=hint)


def _is(cell: str, number: int) -> bool:
    try:
        return float(cell) == number
    except ValueError:
        return False
