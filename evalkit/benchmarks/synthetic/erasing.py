"""Taking an object out of a picture: by what lies behind it in other frames, else by what surrounds it."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from evalkit.types import Box, Image

MARGIN = 0.2
"""How much wider than its box an object is erased: shadows and blur reach beyond it."""
RING = 8
"""Pixels around the region that must look alike in the frame that the background is taken from."""
ALIKE = 14.0
"""Mean difference of such pixels, in grey levels, up to which two frames show the same background there."""
_INPAINTED = 96

Region = tuple[int, int, int, int]
"""left, top, right, bottom in whole pixels, the last ones outside."""


def region_of(box: Box, size: tuple[int, int], margin: float = MARGIN) -> Region:
    """The box with a margin on each side, cut at the border of an image of (width, height).

    >>> region_of(np.array([10.0, 10, 20, 20]), (100, 35))
    (6, 6, 34, 34)
    """
    x, y, w, h = box.tolist()
    left, top = int(np.floor(x - margin * w)), int(np.floor(y - margin * h))
    right, bottom = int(np.ceil(x + w + margin * w)), int(np.ceil(y + h + margin * h))
    return max(left, 0), max(top, 0), min(right, size[0]), min(bottom, size[1])


def erased(image: Image, box: Box, others: Iterable[tuple[Image, Box]]) -> Image:
    """The picture without what is in the box.

    The region is taken from the one of the other frames whose surroundings are most alike, shifted in colour by their
    difference; where none is alike, or the object covers the region in all of them, it is inpainted.

    Args:
        image: (H, W, 3) uint8.
        box: of the object, x, y, w, h, 0-based.
        others: frames and the object's box in each; those of another size are no help.
    """
    size = (image.shape[1], image.shape[0])
    region = region_of(box, size)
    left, top, right, bottom = region
    result: Image = image.copy()
    if left >= right or top >= bottom:
        return result
    free = [
        frame for frame, place in others if frame.shape == image.shape and not _overlap(region, region_of(place, size))
    ]
    gaps = [_ring_gap(image, frame, region) for frame in free]
    if gaps and min(gap for gap, _ in gaps) <= ALIKE:
        best = int(np.argmin([gap for gap, _ in gaps]))
        patch = free[best][top:bottom, left:right] + gaps[best][1]
    else:
        patch = _inpainted(image, region)
    alpha = _feather(bottom - top, right - left)[..., None]
    inside = result[top:bottom, left:right]
    inside[:] = np.clip(np.rint(inside + alpha * (patch - inside)), 0, 255).astype(np.uint8)
    return result


def _overlap(first: Region, second: Region) -> bool:
    return first[0] < second[2] and second[0] < first[2] and first[1] < second[3] and second[1] < first[3]


def _ring_gap(image: Image, other: Image, region: Region) -> tuple[float, NDArray[np.float64]]:
    """Mean difference of the pixels around the region after their mean colours were made equal, and that shift."""
    left, top, right, bottom = region
    outer = (max(left - RING, 0), max(top - RING, 0), right + RING, bottom + RING)  # slices end at the border
    mask = np.ones(image.shape[:2], dtype=bool)
    mask[top:bottom, left:right] = False
    part = np.s_[outer[1] : outer[3], outer[0] : outer[2]]
    ring = mask[part]
    if not ring.any():
        return np.inf, np.zeros(3)
    difference = image[part][ring].astype(np.float64) - other[part][ring]
    shift = difference.mean(axis=0)
    return float(np.abs(difference - shift).mean()), shift


def _inpainted(image: Image, region: Region) -> NDArray[np.float64]:
    """(h, w, 3) the region filled from its surroundings, at a reduced size where it is large."""
    left, top, right, bottom = region
    start = (max(left - 4 * RING, 0), max(top - 4 * RING, 0))
    around = image[start[1] : bottom + 4 * RING, start[0] : right + 4 * RING]
    mask = np.zeros(around.shape[:2], dtype=np.uint8)
    mask[top - start[1] : bottom - start[1], left - start[0] : right - start[0]] = 255
    scale = min(1.0, _INPAINTED / max(around.shape[:2]))
    small = (max(1, round(around.shape[1] * scale)), max(1, round(around.shape[0] * scale)))
    reduced = cv2.resize(np.ascontiguousarray(around), small, interpolation=cv2.INTER_AREA)
    filled = cv2.inpaint(reduced, cv2.resize(mask, small, interpolation=cv2.INTER_NEAREST), 3, cv2.INPAINT_TELEA)
    whole = np.asarray(cv2.resize(filled, around.shape[1::-1], interpolation=cv2.INTER_LINEAR), dtype=np.float64)
    patch: NDArray[np.float64] = whole[top - start[1] : bottom - start[1], left - start[0] : right - start[0]]
    return patch


def _feather(height: int, width: int) -> NDArray[np.float64]:
    """(h, w) 1 inside, falling towards the border over a part of the margin."""
    rows, columns = np.arange(height) + 1.0, np.arange(width) + 1.0
    edge = max(1.0, 0.25 * MARGIN * min(height, width))
    across = np.minimum(np.minimum(rows, rows[::-1])[:, None], np.minimum(columns, columns[::-1])[None, :])
    feather: NDArray[np.float64] = np.clip(across / edge, 0.0, 1.0)
    return feather
