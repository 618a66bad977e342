"""Result files with a score or a frame number beside the box: which columns are the box is told by evidence."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evalkit.errors import InputError
from evalkit.types import Boxes

BOX = 4
MOST = BOX + 2
_SMALL = 1.0
"""Boxes of a pixel or less are no boxes, but what fractions look like."""


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
    if columns == BOX:
        return table, ""
    readings = [
        (start, names)
        for start, names in _readings(columns)
        if _counts_or_none(table, start, names) and _has_sizes(table[:, start : start + BOX])
    ]
    if len({start for start, _ in readings}) != 1:
        hint = "a further column must be a frame number, counted from 0 or 1, or at the end a score in [0, 1]"
        raise InputError(f"has {columns} columns, expected x, y, w, h", path=place, row=1, hint=hint)
    start, names = readings[0]
    return table[:, start : start + BOX].copy(), f"{columns} columns: {', '.join(names)}"


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
