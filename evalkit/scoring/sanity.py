"""Results that are not what they should be, told from their first frames, where a tracker is still near the target."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from evalkit.boxes import iou_continuous
from evalkit.types import Box, Boxes

_NEAR = 0.5
_EXACT = 1e-3
# What a row holds by mistake, as a matrix that makes x, y, w, h of it.
_READINGS = {
    "x1,y1,x2,y2 corners instead of x,y,w,h": np.array([[1, 0, 0, 0], [0, 1, 0, 0], [-1, 0, 1, 0], [0, -1, 0, 1]]),
    "the centre instead of the top-left corner": np.array(
        [[1, 0, -0.5, 0], [0, 1, 0, -0.5], [0, 0, 1, 0], [0, 0, 0, 1]]
    ),
    "y,x,h,w instead of x,y,w,h": np.array([[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]]),
}
_SHIFTS = {-1.0: "0-based instead of 1-based coordinates", 1.0: "1-based instead of 0-based coordinates"}


def likely_mistake(predicted: Boxes, truth: Boxes) -> tuple[str, str] | None:
    """The frame that shows a likely mistake, and the mistake; None if the first two frames show none.

    Many trackers write the given box as their first row, whatever they make of the others: hence the second frame.

    Args:
        predicted: (N, 4) the result.
        truth: (M, 4) the annotation of the same frames, in the same coordinates if all is well.

    >>> likely_mistake(np.array([[10.0, 20, 30, 60]]), np.array([[10.0, 20, 20, 40]]))
    ('frame 0', 'x1,y1,x2,y2 corners instead of x,y,w,h')
    """
    frames = min(2, len(predicted), len(truth))
    near = (iou_continuous(predicted[:frames], truth[:frames]) >= _NEAR).tolist()
    first = _shifted(predicted[0], truth[0])
    if first is None and not near[0]:
        first = _misread(predicted[0], truth[0]) or "far from the ground truth"
    if first is not None:
        return "frame 0 alone" if first in _READINGS and near[1:] == [True] else "frame 0", first
    second = _misread(predicted[1], truth[1]) if near[1:] == [False] else None
    return None if second is None else ("frame 1", second)


def describe_mistakes(mistakes: Iterable[tuple[str, tuple[str, str] | None]]) -> tuple[str, ...]:
    """One warning a kind of mistake, from pairs of a sequence and its :func:`likely_mistake`.

    What the second frame shows may be a tracker that has lost its target, and a first box one pixel beside the given
    one may be a tracker's rounding, unless most sequences show it.
    """
    found = list(mistakes)
    sequences: dict[tuple[str, str], list[str]] = defaultdict(list)
    for sequence, mistake in found:
        if mistake is not None:
            sequences[mistake].append(sequence)
    return tuple(
        f"WARNING: {frame} of {_some(named)} looks wrong: {text}"
        for (frame, text), named in sorted(sequences.items(), key=lambda item: -len(item[1]))
        if (frame != "frame 1" and text not in _SHIFTS.values()) or 2 * len(named) > len(found)
    )


def _some(sequences: Sequence[str]) -> str:
    if len(sequences) == 1:
        return sequences[0]
    return f"{len(sequences)} sequences ({sequences[0]}, ...)"


def _shifted(predicted: Box, truth: Box) -> str | None:
    """The mistake of a row that lies one pixel beside the truth in x and y alike."""
    x, y, w, h = (predicted - truth).tolist()
    if abs(x - y) > _EXACT or max(abs(w), abs(h)) > _EXACT:
        return None
    return next((name for pixel, name in _SHIFTS.items() if abs(x - pixel) <= _EXACT), None)


def _misread(predicted: Box, truth: Box) -> str | None:
    """What a row that is no box near the target may hold instead."""
    if not np.isfinite([predicted, truth]).all():
        return None
    for name, reading in _READINGS.items():
        if iou_continuous(np.array([reading @ predicted]), truth[None])[0] >= _NEAR:
            return name
    fractions = (np.abs(predicted) <= 1.0).all() and (truth[2:] > 2.0).all()
    return "coordinates as fractions of the image" if fractions else None
