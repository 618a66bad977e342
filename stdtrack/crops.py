"""The geometry of search windows, for tracker and training alike.

Coordinates are continuous: pixel ``i`` covers ``[i, i + 1]``, as in boxes. A *window* is the square ``(cx, cy, side)``
in image coordinates that a crop shows; crop coordinates are fractions of the crop, 0 to 1 from its top-left corner.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from evalkit.types import Image

Window = NDArray[np.float64]
"""(..., 3): cx, cy, side in image coordinates."""

Floats = NDArray[np.float64]

# The ImageNet mean, rounded: what lies outside the image is as close to zero after normalisation as a pixel can be.
BORDER_RGB = (124, 116, 104)


def crop_window(box: Floats, factor: float) -> Window:
    """The square around a box whose side is ``factor`` times the square root of the box's area.

    Args:
        box: (..., 4) x, y, w, h. A side below one pixel counts as one.

    >>> crop_window(np.array([10.0, 20.0, 16.0, 4.0]), 2.0)
    array([18., 22., 16.])
    """
    box = np.asarray(box, dtype=np.float64)
    centre = box[..., :2] + box[..., 2:] / 2
    side = factor * np.sqrt(np.prod(np.maximum(box[..., 2:], 1.0), axis=-1, keepdims=True))
    window: Window = np.concatenate((centre, side), axis=-1)
    return window


def sample_crop(image: Image, window: Window, size: int) -> Image:
    """What the window shows, as ``size`` x ``size`` x 3 uint8, bilinear; outside the image the mean colour.

    A window much larger than the crop is averaged over whole blocks of pixels first, so that nothing aliases and the
    cost does not grow with the window.
    """
    cx, cy, side = (float(value) for value in window)
    scale = side / size
    left, top = cx - side / 2, cy - side / 2
    source, block = image, int(scale)
    if block >= 2:
        source, x, y = _averaged_blocks(image, left, top, side, block)
        left, top, scale = (left - x) / block, (top - y) / block, scale / block
    # Centre of crop pixel u is u + 0.5; OpenCV counts from pixel centres, hence the two halves.
    to_source = np.array([[scale, 0.0, left + 0.5 * scale - 0.5], [0.0, scale, top + 0.5 * scale - 0.5]])
    crop = cv2.warpAffine(
        source,
        to_source,
        (size, size),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=BORDER_RGB,
    )
    return crop.astype(np.uint8, copy=False)


def _averaged_blocks(image: Image, left: float, top: float, side: float, block: int) -> tuple[Image, int, int]:
    """The part of the image under the window, reduced by ``block``, and where its corner lies in the image."""
    height, width = image.shape[:2]
    margin = 2 * block
    x0, y0 = (int(np.clip(value - margin, 0, limit)) for value, limit in ((left, width), (top, height)))
    x1, y1 = (int(np.clip(value + side + margin, 0, limit)) for value, limit in ((left, width), (top, height)))
    columns, rows = (x1 - x0) // block, (y1 - y0) // block
    if columns < 1 or rows < 1:
        # The window shows less than one block of the image: as good as nothing.
        return np.full((1, 1, 3), BORDER_RGB, dtype=np.uint8), x0, y0
    part = image[y0 : y0 + rows * block, x0 : x0 + columns * block]
    reduced = cv2.resize(part, (columns, rows), interpolation=cv2.INTER_AREA)
    return reduced.astype(np.uint8, copy=False), x0, y0


def to_crop(box: Floats, window: Window) -> Floats:
    """Image boxes (..., 4) x, y, w, h -> (..., 4) cx, cy, w, h in fractions of the crop.

    >>> to_crop(np.array([16.0, 18.0, 4.0, 8.0]), np.array([18.0, 22.0, 16.0]))
    array([0.5 , 0.5 , 0.25, 0.5 ])
    """
    box, window = np.asarray(box, dtype=np.float64), np.asarray(window, dtype=np.float64)
    side = window[..., 2:]
    centre = (box[..., :2] + box[..., 2:] / 2 - window[..., :2]) / side + 0.5
    return np.concatenate((centre, box[..., 2:] / side), axis=-1)


def to_image(box: Floats, window: Window) -> Floats:
    """The inverse of :func:`to_crop`.

    >>> to_image(np.array([0.5, 0.5, 0.25, 0.5]), np.array([18.0, 22.0, 16.0]))
    array([16., 18.,  4.,  8.])
    """
    box, window = np.asarray(box, dtype=np.float64), np.asarray(window, dtype=np.float64)
    side = window[..., 2:]
    size = box[..., 2:] * side
    corner = (box[..., :2] - 0.5) * side + window[..., :2] - size / 2
    return np.concatenate((corner, size), axis=-1)
