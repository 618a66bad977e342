"""Boxes between keyframes, as CVAT and Label Studio fill them in: in a straight line, each coordinate by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from evalkit.errors import InputError
from evalkit.results.exchange.clip import empty_boxes
from evalkit.types import Boxes


@dataclass(frozen=True)
class Key:
    """A box that somebody drew.

    Attributes:
        frame: 0-based.
        box: x, y, w, h in pixels, 0-based.
        shown: the target is there in this frame.
        goes_on: it is there after this frame, until the next key.
    """

    frame: int
    box: tuple[float, ...]
    shown: bool = True
    goes_on: bool = True


def filled(keys: Sequence[Key], length: int, place: str) -> Boxes:
    """(N, 4) one box a frame: keys as they are, straight lines between them, the last key held to the clip's end.

    Args:
        keys: in any order.
        length: N.
        place: the track, for messages.

    Raises:
        InputError: two keys of one frame, or one beyond the clip.

    >>> filled([Key(0, (0.0, 0, 4, 4)), Key(2, (10.0, 0, 4, 4), goes_on=False)], 4, "track 0")[:, 0]
    array([ 0.,  5., 10., nan])
    """
    boxes = empty_boxes(length)
    ordered = sorted(keys, key=lambda key: key.frame)
    for one, other in pairwise(ordered):
        if one.frame == other.frame:
            raise InputError(f"{place} has two boxes in frame {one.frame}", hint="remove one of them")
    for index, key in enumerate(ordered):
        if not 0 <= key.frame < length:
            raise InputError(f"{place} has a box in frame {key.frame} of {length}", hint="frames count from 0 here")
        following = ordered[index + 1] if index + 1 < len(ordered) else None
        if key.goes_on:
            end = length if following is None else following.frame
            steps = np.arange(end - key.frame)[:, None] / max(1, end - key.frame)
            start = np.array(key.box)
            boxes[key.frame : end] = start + steps * ((start if following is None else np.array(following.box)) - start)
        if key.shown:
            boxes[key.frame] = key.box
    return boxes
