"""What the page holds of every frame: overlaps and scores as lines, boxes to be played, pictures; packed into bytes.

A sequence's bytes are deflated, since a report of 20 trackers on 100 sequences is to stay below 3 MB. They are, in this
order: a byte a frame for each line; the numbers of the frames that are played; for each box its x, y, width and height
in half pixels. All are differences from the one before; those of frames and boxes lie a plane of bytes after the other.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalkit.scoring.columns import BOX
from evalkit.scoring.columns import TRUTH as TRUE_BOX
from reports.inputs import ReportTables, StripFrame
from reports.plots.timeline import absent_spans

STEPS = 100
"""Of a line between its lowest and its highest value: overlaps are told in hundredths, and drawn 150 pixels high."""
MISSING = 255
"""What stands for a value that is not there."""
LINES = ("iou", "score")
PARTS_OF_A_PIXEL = 2
NO_BOX = -(1 << 20)
"""What stands for a box that is not there, in parts of a pixel; further out no box is drawn."""
TRUTH = -1
"""The ground truth among the numbers of trackers."""

Packed = dict[str, dict[str, dict[str, Any]]]
"""Facts and bytes by benchmark and sequence."""


def packed_frames(tables: ReportTables, index: Mapping[str, int]) -> Packed:
    """By benchmark and sequence: first frame, length, absent spans, what the bytes are, and the bytes.

    Args:
        index: numbers of trackers.
    """
    lines = _by_sequence(tables.frames, index)
    boxes, rows_of_boxes = _Boxes.of(tables.boxes), _by_sequence(tables.boxes, index)
    columns = {name: pd.to_numeric(tables.frames[name]).to_numpy(dtype=np.float64) for name in LINES}
    numbers = tables.frames["frame"].to_numpy(dtype=np.int64)
    absent = tables.frames["absent"].fillna(value=False).to_numpy(dtype=bool)
    found: Packed = {}
    for (benchmark, sequence), by_tracker in lines.items():
        of_first = next(iter(by_tracker.values()))
        rows = of_first[np.argsort(numbers[of_first], kind="stable")]
        first, length = int(numbers[rows[0]]), len(rows)
        named, parts = [], []
        for name, values in columns.items():
            for tracker, own in by_tracker.items():
                line = _line(numbers[own] - first, values[own], length)
                if np.isfinite(line).any():
                    low, high, packed = pack(line)
                    named.append([name, tracker, low, high])
                    parts.append(packed)
        played, drawn, planes = _played(boxes, rows_of_boxes.get((benchmark, sequence), {}))
        facts = {"first": first, "length": length, "absent": absent_spans(absent[rows])}
        content = base64.b64encode(zlib.compress(b"".join(parts) + planes, 9)).decode()
        own_facts = {**facts, "lines": named, "played": played, "boxes": drawn, "bytes": content}
        found.setdefault(benchmark, {})[sequence] = own_facts
    return found


def _line(at: NDArray[np.int64], values: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    """(length,) a tracker's values by frame, NaN where it has none."""
    line = np.full(length, np.nan)
    there = (at >= 0) & (at < length)
    line[at[there]] = values[there]
    return line


def pack(values: NDArray[np.float64]) -> tuple[float, float, bytes]:
    """The range that 0 and :data:`STEPS` stand for, and (N,) numbers as bytes: differences modulo 256."""
    known = np.isfinite(values)
    finite = values[known]
    low, high = (0.0, 1.0) if not finite.size else (min(0.0, float(finite.min())), max(1.0, float(finite.max())))
    steps = np.full(len(values), MISSING, dtype=np.uint8)
    steps[known] = np.rint((finite - low) / (high - low) * STEPS).astype(np.uint8)
    return low, high, np.diff(steps, prepend=np.uint8(0)).tobytes()


@dataclass(frozen=True)
class _Boxes:
    """The table of boxes as arrays: (N,) its frames, and (N, 4) the trackers' boxes and the true ones, in pixels."""

    frames: NDArray[np.int64]
    own: NDArray[np.float64]
    truth: NDArray[np.float64]

    @classmethod
    def of(cls, table: pd.DataFrame) -> _Boxes:
        own, truth = (table[list(names)].to_numpy(dtype=np.float64) for names in (BOX, TRUE_BOX))
        return cls(table["frame"].to_numpy(dtype=np.int64), own, truth)


def _played(boxes: _Boxes, by_tracker: Mapping[int, NDArray[np.intp]]) -> tuple[int, list[int], bytes]:
    """How many frames are played, whose boxes are there (ground truth first), and the bytes of both."""
    if not by_tracker:
        return 0, [], b""
    played = np.unique(np.concatenate([boxes.frames[rows] for rows in by_tracker.values()]))
    planes, truth = [], np.full((len(played), 4), np.nan)
    for rows in by_tracker.values():
        own, at = np.full((len(played), 4), np.nan), np.searchsorted(played, boxes.frames[rows])
        own[at], truth[at] = boxes.own[rows], boxes.truth[rows]
        planes.append(_planes(own))
    return len(played), [TRUTH, *by_tracker], b"".join([differences(played), _planes(truth), *planes])


def _planes(boxes: NDArray[np.float64]) -> bytes:
    known = np.isfinite(boxes).all(axis=1)
    parts = np.full(boxes.shape, NO_BOX, dtype=np.int64)
    parts[known] = np.rint(np.clip(boxes[known] * PARTS_OF_A_PIXEL, NO_BOX / 2, -NO_BOX / 2)).astype(np.int64)
    return b"".join(differences(column) for column in parts.T)


def differences(values: NDArray[np.int64]) -> bytes:
    """(N,) numbers as differences from the one before, 0 before the first, in four planes of bytes, the lowest first.

    A difference d is 2d, a negative one -2d - 1, so that small ones leave the upper planes empty.

    >>> differences(np.array([1, 3, 2])).hex(" ")
    '02 04 01 00 00 00 00 00 00 00 00 00'
    """
    steps = np.diff(values, prepend=0)
    folded = np.where(steps < 0, -2 * steps - 1, 2 * steps).astype("<u4")
    return folded.view(np.uint8).reshape(-1, 4).T.tobytes()


def _by_sequence(table: pd.DataFrame, index: Mapping[str, int]) -> dict[tuple[str, str], dict[int, NDArray[np.intp]]]:
    """Numbers of rows, by (benchmark, sequence) and by tracker."""
    found: dict[tuple[str, str], dict[int, NDArray[np.intp]]] = {}
    for (benchmark, sequence, tracker), rows in _groups(table, ["benchmark", "sequence", "tracker"]):
        if tracker in index:
            found.setdefault((benchmark, sequence), {})[index[tracker]] = rows
    return found


def _groups(table: pd.DataFrame, names: Sequence[str]) -> Iterator[tuple[tuple[str, ...], NDArray[np.intp]]]:
    """Rows that have the same values in some columns, by number; a data frame a group would cost more than its rows."""
    if table.empty:
        return
    codes = table.groupby(list(names), sort=False, observed=True).ngroup().to_numpy()
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    values = zip(*(map(str, table[name].iloc[order[starts]]) for name in names), strict=True)
    yield from zip(values, np.split(order, starts[1:]), strict=True)


def pictures(tables: ReportTables) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """By benchmark and sequence: the frames whose images the page has."""
    found: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for (benchmark, sequence), strip in tables.strips.items():
        found.setdefault(benchmark, {})[sequence] = list(map(_picture, strip))
    return found


def _picture(frame: StripFrame) -> dict[str, Any]:
    content = base64.b64encode(frame.jpeg).decode()
    return {"frame": frame.frame, "width": frame.width, "height": frame.height, "jpeg": content}
