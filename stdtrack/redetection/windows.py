"""Where to look for a lost target: pure geometry."""

from __future__ import annotations

import math

import numpy as np

from evalkit.types import Box
from stdtrack.crops import Window, crop_window

GROWN = (1.5, 2.0, 2.5)
"""Sides of the windows about the last place in the first frames, over the tracker's own window."""
SCALES = (1.0, 0.65, 1.5)
"""Sides of the tiles over the tracker's own window, in the order in which the image is searched with them."""
STRIDE = 0.6
"""From one tile to the next, over the tile's side: a target of 0.4 of the side is whole in one of them."""
MOST_TILES = 4096
"""Tiles of one scale; where more would be needed, they are larger."""


def grown_window(box: Box, factor: float, step: int) -> Window:
    """(3,) the window about the last box in frame ``step`` after the loss, 0-based; see :data:`GROWN`."""
    return crop_window(box, factor * GROWN[step])


def tile_windows(box: Box, size: tuple[int, int], factor: float) -> Window:
    """(N, 3) windows that cover the image, scale by scale, each from the last place outwards.

    Args:
        box: where the target was last, x, y, w, h.
        size: (width, height) of the image.
        factor: side of the tracker's window over the square root of the target's area.

    >>> tile_windows(np.array([10.0, 10, 20, 20]), (40, 40), 4.0)[0]
    array([20., 20., 80.])
    """
    _, _, side = crop_window(box, factor).tolist()
    centre = box[:2] + box[2:] / 2
    least = math.sqrt(size[0] * size[1] / MOST_TILES) / STRIDE
    return np.concatenate([_of_one_scale(centre, size, max(scale * side, least)) for scale in SCALES])


def _of_one_scale(centre: Box, size: tuple[int, int], side: float) -> Window:
    xs, ys = (_positions(length, side) for length in size)
    places = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    order = np.argsort(np.linalg.norm(places - centre, axis=1), kind="stable")
    return np.column_stack([places[order], np.full(len(places), side)])


def _positions(length: float, side: float) -> Box:
    """Centres along one axis: the first and the last tile end at the image's border."""
    if side >= length:
        return np.array([length / 2])
    count = math.ceil((length - side) / (STRIDE * side)) + 1
    return np.linspace(side / 2, length - side / 2, count)
