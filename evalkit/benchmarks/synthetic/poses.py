"""Where a shape is in a picture, and its exact bounds.

Coordinates are continuous pixels: the pixel in column u covers ``[u, u + 1)`` and its centre lies at ``u + 0.5``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evalkit.types import Box


@dataclass(frozen=True)
class Pose:
    """A shape in the picture: centre, half sides (or semi-axes) in pixels, and angle in radians."""

    x: float
    y: float
    half_width: float
    half_height: float
    angle: float = 0.0


def bounding_box(pose: Pose, *, ellipse: bool) -> Box:
    """(4,) exact xywh of the axis-aligned bounds of a turned ellipse or rectangle.

    >>> bounding_box(Pose(50, 40, 10, 20), ellipse=True).tolist()
    [40.0, 20.0, 20.0, 40.0]
    """
    cos, sin = abs(np.cos(pose.angle)), abs(np.sin(pose.angle))
    across = np.array([pose.half_width * cos, pose.half_height * sin])
    along = np.array([pose.half_width * sin, pose.half_height * cos])
    half_x, half_y = (np.hypot(*across), np.hypot(*along)) if ellipse else (across.sum(), along.sum())
    return np.array([pose.x - half_x, pose.y - half_y, 2 * half_x, 2 * half_y])


def area(pose: Pose, *, ellipse: bool) -> float:
    """Square pixels that the shape covers."""
    return float((np.pi if ellipse else 4.0) * pose.half_width * pose.half_height)
