"""Operations on uint8 pictures that several corruptions share; all are cheap beside decoding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from evalkit.robustness.corruptions.base import REFERENCE_PIXELS
from evalkit.types import Image

Matrix = NDArray[np.float64]
"""(2, 3) affine: where a pixel of the result comes from."""


def as_image(values: Any) -> Image:
    """What cv2 returns, as uint8."""
    return np.asarray(values, dtype=np.uint8)


def unit(image: Image) -> float:
    """Pixels of this picture to one of a 640 x 480 picture."""
    return float(np.sqrt(image.shape[0] * image.shape[1] / REFERENCE_PIXELS))


def look_up(image: Image, curve: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Image:
    """Every value v through ``curve(v)``, v and result in 0 to 1."""
    return as_image(cv2.LUT(image, to_bytes(curve(np.arange(256) / 255.0))))


def to_bytes(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    """0 to 1 as 0 to 255, rounded and clipped."""
    return np.rint(np.clip(values, 0.0, 1.0) * 255.0).astype(np.uint8)


def three_channels(mask: NDArray[np.uint8]) -> Image:
    """(H, W) -> (H, W, 3)."""
    return as_image(cv2.cvtColor(mask, cv2.COLOR_GRAY2RGB))


def warped(image: Image, matrix: Matrix) -> Image:
    """The picture moved by ``matrix``, bilinear; what comes in at the sides is the border's colour."""
    size = (image.shape[1], image.shape[0])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return as_image(cv2.warpAffine(image, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE))


def translation(x: float, y: float) -> Matrix:
    """Moves the content by x and y pixels."""
    return np.array([[1.0, 0.0, -x], [0.0, 1.0, -y]])


def zoom(factor: float, image: Image) -> Matrix:
    """Enlarges the content about the middle of the picture."""
    x, y = (image.shape[1] - 1) / 2, (image.shape[0] - 1) / 2
    scale = 1.0 / factor
    return np.array([[scale, 0.0, x * (1 - scale)], [0.0, scale, y * (1 - scale)]])


DOUBLINGS = 4


def smeared(image: Image, moved_by: Callable[[float], Matrix]) -> Image:
    """The mean of 16 pictures along a path from -1/2 to 1/2, in as many warps as there are doublings, and one.

    Averaging a picture with itself one step on gives two of them; that with itself two steps on gives four.

    Args:
        moved_by: the matrix for a part of the path.
    """
    count = 1 << DOUBLINGS
    total = warped(image, moved_by(-0.5))
    for doubling in range(DOUBLINGS):
        total = as_image(cv2.addWeighted(total, 0.5, warped(total, moved_by((1 << doubling) / (count - 1))), 0.5, 0.0))
    return total


def resized(image: Image, width: int, height: int, how: int) -> Image:
    """In another size, at least one pixel."""
    return as_image(cv2.resize(image, (max(1, width), max(1, height)), interpolation=how))


def recoded(image: Image, quality: int) -> Image:
    """Through JPEG and back."""
    flags = [cv2.IMWRITE_JPEG_QUALITY, quality]
    _, content = cv2.imencode(".jpg", image, flags)  # channels in whatever order: they come back in the same
    return as_image(cv2.imdecode(content, cv2.IMREAD_COLOR))
