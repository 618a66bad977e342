"""What a result file looks like: its numbers, its delimiter, and rows that are no box."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evalkit.reading import parse_table
from evalkit.types import Boxes

_DELIMITERS = {b",": "comma", b";": "semicolon", b"\t": "tab"}


def read_result(content: bytes, place: str) -> Boxes:
    """(N, 4) boxes as the file has them; NaN and infinity are left to the protocol.

    Raises:
        InputError: with file and row, on anything that is not four numbers a line.
    """
    return parse_table(content, place, columns=(4,))


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
