"""Where the target is in the image, and where to look for it next, from what the network found.

One target's four numbers are plain floats here: an array operation on them takes as long as thirty such steps.
"""

from __future__ import annotations

import numpy as np

from evalkit.types import Box, Image
from stdtrack.configs import OnlineConfig


def next_box(last: Box, found: Box, quality: float, image: Image, online: OnlineConfig) -> Box:
    """The box to search around next: its size smoothed by quality, its centre kept inside the image.

    Args:
        last: (4,) x, y, w, h that was searched around.
        found: (4,) the network's answer in the image.
        quality: predicted IoU of the answer, in [0, 1].
    """
    if quality < online.lost_quality:
        return last
    rate = (1.0 - online.size_smoothing) * quality
    (x, y, w, h), (_, _, last_w, last_h) = found.tolist(), last.tolist()
    height, width = image.shape[:2]
    next_w = _within((1.0 - rate) * last_w + rate * w, 1.0, width)
    next_h = _within((1.0 - rate) * last_h + rate * h, 1.0, height)
    cx, cy = _within(x + w / 2, 0.0, width), _within(y + h / 2, 0.0, height)
    return np.array((cx - next_w / 2, cy - next_h / 2, next_w, next_h))


def visible_part(box: Box, image: Image) -> Box:
    """The box (x, y, w, h) cut to the image, at least one pixel wide and high."""
    (x, y, w, h), (height, width) = box.tolist(), image.shape[:2]
    left, top = _within(x, 0.0, width - 1.0), _within(y, 0.0, height - 1.0)
    right, bottom = _within(x + w, left + 1.0, width), _within(y + h, top + 1.0, height)
    return np.array((left, top, right - left, bottom - top))


def _within(value: float, least: float, most: float) -> float:
    """As ``numpy.clip``: NaN stays NaN."""
    return min(max(value, least), most)
