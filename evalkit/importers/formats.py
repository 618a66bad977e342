"""What a result file looks like: its delimiter, and whether its first box is where the target is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from evalkit.boxes import iou_continuous
from evalkit.reading import parse_table
from evalkit.types import Box, Boxes

_DELIMITERS = {b",": "comma", b";": "semicolon", b"\t": "tab"}
_FAR = 0.5


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


def first_box_problem(predicted: Box, truth: Box) -> str | None:
    """Why a result's first box is not the given one, where that names a likely mistake; None if it is near enough.

    Args:
        predicted: (4,) first row of the result.
        truth: (4,) first row of the annotation, in the same coordinates if all is well.

    >>> first_box_problem(np.array([10.0, 20, 30, 60]), np.array([10.0, 20, 20, 40]))
    'x1,y1,x2,y2 corners instead of x,y,w,h'
    """
    shift = predicted - truth
    if not shift.any():
        return None
    close = max(1.0, 0.05 * float(np.hypot(*truth[2:])))
    for pixel, name in (
        (-1.0, "0-based instead of 1-based coordinates"),
        (1.0, "1-based instead of 0-based coordinates"),
    ):
        if np.abs(shift - [pixel, pixel, 0.0, 0.0]).max() <= 1e-3:
            return name
    if np.isfinite(predicted).all() and iou_continuous(predicted[None], truth[None])[0] >= _FAR:
        return None
    x, y, w, h = truth
    for readings, name in (
        (np.array([x, y, x + w, y + h]), "x1,y1,x2,y2 corners instead of x,y,w,h"),
        (np.array([x + w / 2, y + h / 2, w, h]), "the centre instead of the top-left corner"),
        (np.array([y, x, h, w]), "y,x,h,w instead of x,y,w,h"),
    ):
        if np.abs(predicted - readings).max() <= close:
            return name
    if np.isfinite(predicted).all() and (np.abs(predicted) <= 1.0).all() and (truth[2:] > 2.0).all():
        return "coordinates as fractions of the image"
    return "far from the ground truth"


def describe_problems(problems: Iterable[tuple[str, str | None]]) -> tuple[str, ...]:
    """One warning a kind of problem, from (sequence, problem) pairs."""
    named = [(sequence, problem) for sequence, problem in problems if problem is not None]
    counts = Counter(problem for _, problem in named)
    first = {problem: sequence for sequence, problem in reversed(named)}
    return tuple(
        f"frame 0 of {count} sequences ({first[problem]}{', ...' if count > 1 else ''}) looks wrong: {problem}"
        for problem, count in counts.most_common()
    )
