"""The windows of the pytracking lineage: whole pixels, black outside the image, clipped with a margin.

STARK, OSTrack and all that descend from them cut, place and clip this way; a box is [x, y, w, h] in 0-based pixels.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from evalkit.errors import InputError
from evalkit.types import Box, Image
from stdtrack.peers.network import Vector

MARGIN = 10.0
"""Pixels of a box that stay inside the image, and its smallest side."""
LARGEST_SIDE = 30_000
"""Pixels of a window's side: beyond it the patch alone takes gigabytes."""


def cut_window(image: Image, box: Box, factor: float, size: int) -> tuple[Image, float]:
    """The square around a box, resized.

    The last column and row of the image are black where the window reaches them, as in the official code.

    Args:
        image: H x W x 3 uint8.
        factor: the window's side over the square root of the box's area.

    Returns:
        size x size x 3 uint8, and crop pixels an image pixel.

    Raises:
        InputError: the window is too large to be cut.
    """
    left, top, side = placed_window(box, factor)
    patch = _padded(image, left, top, side)
    crop = cv2.resize(patch, (size, size), interpolation=cv2.INTER_LINEAR)
    return np.asarray(crop, dtype=np.uint8), size / side


def placed_window(box: Box, factor: float) -> tuple[int, int, int]:
    """Left, top and side, in whole pixels, of the square around a box.

    Raises:
        InputError: the window is too large to be cut.
    """
    x, y, w, h = (float(value) for value in box)
    extent = math.sqrt(w * h) * factor
    if not 0 < extent <= LARGEST_SIDE:
        raise InputError(f"the box {x:g},{y:g},{w:g},{h:g} needs a search window of {extent:g} pixels")
    side = math.ceil(extent)
    return round(x + 0.5 * w - 0.5 * side), round(y + 0.5 * h - 0.5 * side), side


def shown_part(window: tuple[int, int, int], width: int, height: int) -> tuple[int, int, int, int]:
    """x0, y0, x1, y1 of the pixels of an image that a window (left, top, side) shows; none if x1 <= x0 or y1 <= y0."""
    left, top, side = window
    x0, x1 = _inside(left, side, width)
    y0, y1 = _inside(top, side, height)
    return x0, y0, x1, y1


def _padded(image: Image, left: int, top: int, side: int) -> Image:
    """``side`` x ``side`` x 3 from (left, top) on, black where there is no image."""
    height, width = image.shape[:2]
    x0, y0, x1, y1 = shown_part((left, top, side), width, height)
    if (x1 - x0, y1 - y0) == (side, side):
        return image[y0:y1, x0:x1]
    patch: Image = np.zeros((side, side, 3), dtype=np.uint8)
    if x0 < x1 and y0 < y1:
        patch[y0 - top : y1 - top, x0 - left : x1 - left] = image[y0:y1, x0:x1]
    return patch


def _inside(start: int, side: int, limit: int) -> tuple[int, int]:
    """First pixel and end of the part of a window that shows the image."""
    end = start + side
    return max(start, 0), min(end, limit - 1) if end >= limit else end


def placed_in_image(box: Vector, state: Box, size: int, scale: float) -> Box:
    """A box in fractions of the search crop, (4,) float32 cx, cy, w, h -> x, y, w, h in the image.

    Args:
        state: the box around which the crop was cut.
        size: pixels of the crop.
        scale: crop pixels an image pixel.
    """
    cx, cy, w, h = (float(value) for value in np.float32(size) * box / np.float32(scale))
    x, y, width, height = (float(value) for value in state)
    half = 0.5 * size / scale
    cx, cy = cx + (x + 0.5 * width - half), cy + (y + 0.5 * height - half)
    return np.array([cx - 0.5 * w, cy - 0.5 * h, w, h])


def clipped(box: Box, image: Image, margin: float = MARGIN) -> Box:
    """The box with ``margin`` pixels inside the image at least, and no side below ``margin``.

    >>> clipped(np.array([-5.0, 40.0, 8.0, 30.0]), np.zeros((50, 100, 3), np.uint8)).tolist()
    [0.0, 40.0, 10.0, 10.0]
    """
    low = np.asarray(box[:2], dtype=np.float64)
    limits = np.array(image.shape[1::-1], dtype=np.float64)
    first = np.minimum(np.maximum(0.0, low), limits - margin)
    last = np.minimum(np.maximum(margin, low + box[2:]), limits)
    return np.concatenate((first, np.maximum(margin, last - first)))
