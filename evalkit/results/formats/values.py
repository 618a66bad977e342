"""Files of one number a frame beside a result: a tracker's confidence, and whether it sees the target."""

from __future__ import annotations

import numpy as np

from evalkit.boxes import are_boxes
from evalkit.errors import InputError
from evalkit.reading.tables import parse_table
from evalkit.reading.text import without_mark
from evalkit.results.files import ResultFile
from evalkit.results.store import checked_visible
from evalkit.types import Boxes, Flags, Vector


def parse_values(content: bytes, place: str, *, blank: float = np.nan) -> Vector:
    """(N,) numbers, one a line or all on one line; infinity is refused.

    Args:
        content: of the file.
        place: named in errors.
        blank: what a blank line stands for: vot-toolkit leaves the first frame's blank.

    Raises:
        InputError: with file and row.

    >>> parse_values(b"\\n0.5\\n0.25\\n", "a.value", blank=0.0).tolist()
    [0.0, 0.5, 0.25]
    """
    lines = without_mark(content).replace(b"\r\n", b"\n").rstrip(b"\n").split(b"\n")
    if not b"".join(lines).strip():
        raise InputError("is empty", path=place, hint="one number a frame is expected")
    filled = [line if line.strip() else repr(blank).encode() for line in lines]
    table = parse_table(b"\n".join(filled), place, finite=True)
    if min(table.shape) != 1:
        raise InputError(f"has {table.shape[1]} columns, expected 1", path=place, row=1, hint="one number a frame")
    return table.ravel()


def read_confidence(file: ResultFile | None, *, blank: float = np.nan) -> Vector:
    """(N,) a tracker's confidence; empty where there is no file. Raises InputError as :func:`parse_values`."""
    return np.empty(0) if file is None else parse_values(file.read(), file.place, blank=blank)


def read_said_visible(file: ResultFile | None) -> Vector:
    """(N,) 1, 0 or NaN: the tracker sees the target, does not, did not say; empty where there is no file.

    Raises:
        InputError: a row is something else.
    """
    return np.empty(0) if file is None else checked_visible(parse_values(file.read(), file.place), file.place)


def reported_frames(rows: Boxes, confidence: Vector, visible: Vector) -> Flags:
    """(N,) the target is said to be there; without a word, a box with a size and a confidence other than 0 say so.

    Args:
        rows: (N, 4) the tracker's boxes.
        confidence, visible: (N,) as :func:`read_confidence` and :func:`read_said_visible` give them, perhaps empty.
    """
    reported = are_boxes(rows)
    if len(confidence):
        reported = reported & (confidence != 0)
    return np.where(np.isnan(visible), reported, visible > 0) if len(visible) else reported
