"""How visible a change of a picture is."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from evalkit.types import Image

SAME = 100.0
"""Decibels that equal pictures are given, of which the formula gives infinity."""


def psnr(first: Image, second: Image) -> float:
    """Peak signal to noise ratio over all values, in dB, at most 100.

    >>> round(psnr(np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), 8, np.uint8)), 2)
    30.07
    """
    error = float(np.mean(np.square(first.astype(np.float32) - second.astype(np.float32)), dtype=np.float64))
    return SAME if error == 0 else min(SAME, 10.0 * float(np.log10(255.0**2 / error)))


def ssim(first: Image, second: Image) -> float:
    """Structural similarity of the grey pictures (Wang et al. 2004: Gaussian window of 11 pixels, sigma 1.5).

    >>> ssim(np.full((20, 20, 3), 90, np.uint8), np.full((20, 20, 3), 90, np.uint8))
    1.0
    """
    x, y = (cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32) for image in (first, second))
    mean_x, mean_y = _blurred(x), _blurred(y)
    var_x, var_y = _blurred(x * x) - mean_x**2, _blurred(y * y) - mean_y**2
    cov = _blurred(x * y) - mean_x * mean_y
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    ratio = ((2 * mean_x * mean_y + c1) * (2 * cov + c2)) / ((mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2))
    return float(ratio.mean(dtype=np.float64))


def _blurred(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(values, (11, 11), 1.5), dtype=np.float32)
