"""Blur of the optics and of motion."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from evalkit.boxes import centers
from evalkit.robustness.corruptions.base import Clip, Read, Render, of_pixels
from evalkit.robustness.corruptions.pixels import as_image, resized, smeared, translation, unit, zoom
from evalkit.types import Boxes, Image

RADII = (1.5, 2.5, 3.5, 5.0, 7.0)
"""Of the circle of confusion, in pixels of a 640 x 480 picture."""
SMEARS = (0.15, 0.3, 0.5, 0.75, 1.0)
"""Length of the smear, in sides of the target."""
LONGEST_SMEAR = 60.0
ZOOMS = (1.03, 1.06, 1.10, 1.15, 1.22)
"""From the start of the exposure to its end."""
_HALVED = 3.0
"""From this radius on a picture of half the size is blurred, which shows nothing finer."""


def _defocus(clip: Clip, level: int) -> Render:
    def render(image: Image, index: int, read: Read) -> Image:
        radius = RADII[level - 1] * unit(image)
        halvings = 0
        small = image
        while radius >= _HALVED and min(small.shape[:2]) > 32:
            small, radius, halvings = as_image(cv2.pyrDown(small)), radius / 2, halvings + 1
        blurred = as_image(cv2.filter2D(small, -1, _disc(round(radius, 2)), borderType=cv2.BORDER_REPLICATE))
        return resized(blurred, image.shape[1], image.shape[0], cv2.INTER_LINEAR) if halvings else blurred

    return render


@lru_cache(maxsize=16)
def _disc(radius: float) -> NDArray[np.float32]:
    """A disc with a soft edge, sum 1."""
    reach = int(np.ceil(radius))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    inside = np.clip(radius + 0.5 - np.hypot(x, y), 0.0, 1.0)
    disc: NDArray[np.float32] = (inside / inside.sum()).astype(np.float32)
    return disc


def _motion(clip: Clip, level: int) -> Render:
    directions = motion_directions(clip.boxes)
    length = min(SMEARS[level - 1] * clip.target_side, LONGEST_SMEAR)

    def render(image: Image, index: int, read: Read) -> Image:
        x, y = directions[index] * length
        return smeared(image, lambda part: translation(part * x, part * y))

    return render


def motion_directions(boxes: Boxes) -> Boxes:
    """(N, 2) unit vectors along which the target moves, from the frame before to the frame after.

    Where it stands still, or is not annotated, the last direction holds; to the right before the first.

    >>> motion_directions(np.array([[0.0, 0, 2, 2], [0, 3, 2, 2], [0, 3, 2, 2], [0, 3, 2, 2]])).tolist()
    [[0.0, 1.0], [0.0, 1.0], [0.0, 1.0], [0.0, 1.0]]
    """
    middle = centers(boxes)
    before = middle[np.maximum(np.arange(len(boxes)) - 1, 0)]
    after = middle[np.minimum(np.arange(len(boxes)) + 1, len(boxes) - 1)]
    directions, last = np.empty((len(boxes), 2)), np.array([1.0, 0.0])
    for index, step in enumerate(after - before):
        length = float(np.hypot(*step))
        last = step / length if np.isfinite(length) and length >= 0.5 else last
        directions[index] = last
    return directions


def _zoom(clip: Clip, level: int) -> Render:
    def render(image: Image, index: int, read: Read) -> Image:
        return smeared(image, lambda part: zoom(ZOOMS[level - 1] ** part, image))

    return render


DEFOCUS_BLUR = of_pixels("defocus_blur", "blur", "a lens out of focus", _defocus)
MOTION_BLUR = of_pixels("motion_blur", "blur", "a smear along the target's true motion", _motion)
ZOOM_BLUR = of_pixels("zoom_blur", "blur", "zooming while the shutter is open", _zoom)
