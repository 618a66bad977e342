"""Plain rectangles with a texture out of noise, painted with known outlines.

Coordinates are continuous pixels: the pixel in column u covers ``[u, u + 1)`` and its centre lies at ``u + 0.5``.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from evalkit.types import Box, Image

Alpha = NDArray[np.float64]
"""(H, W) coverage in [0, 1]."""


@dataclass(frozen=True)
class Pose:
    """A rectangle in the picture: centre, half sides in pixels, and angle in radians."""

    x: float
    y: float
    half_width: float
    half_height: float
    angle: float = 0.0


def bounding_box(pose: Pose) -> Box:
    """(4,) exact xywh of the axis-aligned bounds of a turned rectangle.

    >>> bounding_box(Pose(50, 40, 10, 20)).tolist()
    [40.0, 20.0, 20.0, 40.0]
    """
    cos, sin = abs(np.cos(pose.angle)), abs(np.sin(pose.angle))
    half_x = pose.half_width * cos + pose.half_height * sin
    half_y = pose.half_width * sin + pose.half_height * cos
    return np.array([pose.x - half_x, pose.y - half_y, 2 * half_x, 2 * half_y])


def area(pose: Pose) -> float:
    """Square pixels that the rectangle covers."""
    return 4.0 * pose.half_width * pose.half_height


def noise_texture(rng: np.random.Generator, width: int, height: int, cell: int, contrast: float = 1.0) -> Image:
    """(height, width, 3) uint8 coloured noise with structures of ``cell`` pixels and finer ones on top."""
    total = np.zeros((height, width, 3))
    for octave in range(3):
        step = max(cell >> octave, 1)
        coarse = rng.uniform(-1, 1, (height // step + 2, width // step + 2, 3))
        total += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC) * 0.5**octave
    picture: Image = np.clip(127.5 + 85.0 * contrast * total, 0, 255).astype(np.uint8)
    return picture


def paint(canvas: Image, texture: Image, pose: Pose) -> Alpha:
    """Paint a textured rectangle into ``canvas`` (in place) with a soft edge one pixel wide; returns what it covers."""
    height, width = canvas.shape[:2]
    alpha = np.zeros((height, width))
    x, y, w, h = bounding_box(pose)
    left, top = max(int(x) - 2, 0), max(int(y) - 2, 0)
    right, bottom = min(int(x + w) + 3, width), min(int(y + h) + 3, height)
    if left >= right or top >= bottom:
        return alpha
    rows, columns = np.mgrid[top:bottom, left:right] + 0.5
    cos, sin = np.cos(pose.angle), np.sin(pose.angle)
    u = (cos * (columns - pose.x) + sin * (rows - pose.y)) / pose.half_width
    v = (cos * (rows - pose.y) - sin * (columns - pose.x)) / pose.half_height
    inside = np.minimum((1.0 - abs(u)) * pose.half_width, (1.0 - abs(v)) * pose.half_height)
    local = np.clip(inside + 0.5, 0.0, 1.0)
    map_x = ((u + 1) / 2 * texture.shape[1] - 0.5).astype(np.float32)
    map_y = ((v + 1) / 2 * texture.shape[0] - 0.5).astype(np.float32)
    colours = cv2.remap(texture, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    region = canvas[top:bottom, left:right]
    region[:] = np.rint(region + local[..., None] * (colours.astype(np.float64) - region)).astype(np.uint8)
    alpha[top:bottom, left:right] = local
    return alpha
