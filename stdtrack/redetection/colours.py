"""The colours of a target, by which it is told from what else looks like it to the network. Pure functions on arrays.

A histogram of a box's inner part and the Bhattacharyya coefficient of two of them, as in mean-shift tracking (Comaniciu
et al. 2003): the network's own features, trained to find, hardly tell two things of one scene apart.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from evalkit.types import Box, Image

BINS = 8
"""Of each of red, green and blue."""
INNER = 0.8
"""Part of the box's sides that is looked at: its rim shows the background."""
PIXELS = 48
"""At most about so many along a side are read."""

Colours = NDArray[np.float64]
"""(512,) square roots of the shares of the bins; zeros where nothing is in the image."""


def colours(image: Image, box: Box) -> Colours:
    """Of the inner part of a box x, y, w, h, as far as it is in the image.

    >>> red = np.full((4, 4, 3), (255, 0, 0), np.uint8)
    >>> float(colours(red, np.array([0.0, 0, 4, 4])).max())
    1.0
    """
    if not np.isfinite(box).all():
        return np.zeros(BINS**3)
    margin = box[2:] * (1.0 - INNER) / 2
    low, high = box[:2] + margin, box[:2] + box[2:] - margin
    limits = np.array(image.shape[1::-1])
    start, end = np.floor(low), np.maximum(np.ceil(high), np.floor(low) + 1)
    start, end = (np.clip(corner, 0, limits).astype(int) for corner in (start, end))
    step = max(1, math.ceil(float((end - start).max()) / PIXELS))
    part = image[start[1] : end[1] : step, start[0] : end[0] : step].reshape(-1, 3) // (256 // BINS)
    counts = np.bincount(part.astype(np.int64) @ (BINS * BINS, BINS, 1), minlength=BINS**3)
    found: Colours = np.sqrt(counts / max(len(part), 1))
    return found


def similarity(one: Colours, other: Colours) -> float:
    """Bhattacharyya's coefficient, 0 to 1.

    >>> similarity(np.sqrt([0.5, 0.5, 0.0]), np.sqrt([0.0, 0.5, 0.5])).__round__(6)
    0.5
    """
    return float(one @ other)
