"""Images: what a tracker accepts as one, and as a first box in it; and small ones to look at."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from evalkit.boxes import starting_problem
from evalkit.errors import InputError
from evalkit.types import Box, Image


def rgb_image(image: NDArray[np.uint8]) -> Image:
    """H x W, H x W x 1, RGB or RGBA -> H x W x 3.

    Raises:
        InputError: another shape, an empty image, or pixels that are not uint8.
    """
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8:
        kind = image.dtype if isinstance(image, np.ndarray) else type(image).__name__
        raise InputError(f"an image must be an array of uint8, not {kind}")
    if image.ndim == 2:
        image = image[..., None]
    if image.ndim != 3 or image.shape[2] not in (1, 3, 4) or image.size == 0:
        raise InputError(f"an image must be H x W, H x W x 3 or H x W x 4, not {' x '.join(map(str, image.shape))}")
    return np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image[..., :3]


def narrowed(image: Image, widest: int) -> Image:
    """The image scaled down to at most ``widest`` pixels of width; a narrower one as it is."""
    height, width = image.shape[:2]
    if width <= widest:
        return image
    size = (widest, max(1, round(height * widest / width)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def starting_box(box: Box, image: Image) -> Box:
    """The box as float64, checked against the image.

    Raises:
        InputError: not four finite numbers, no area, or nothing of it inside the image.
    """
    checked = np.asarray(box, dtype=np.float64).reshape(-1)
    if problem := starting_problem(checked, image.shape[1], image.shape[0]):
        raise InputError(f"the first box {','.join(f'{value:g}' for value in checked)} {problem}")
    return checked
