"""Bodies in space: flat plates and round rods, turned, projected and shaded.

A body's own frame is about one unit large: x to its right, y down, z towards the viewer. It is seen from far away
(orthographic), so that its outline in the picture, and with it its box, is exact: the bounds of projected corners.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from evalkit.types import Box

Points = NDArray[np.float64]
"""(K, 2) in the picture or (K, 3) in space."""
Colour = NDArray[np.float64]
"""(3,) RGB, 0 to 255."""

_LIGHT = np.array([-0.4, -0.7, 0.6]) / np.linalg.norm([-0.4, -0.7, 0.6])
_AMBIENT = 0.6
_ARC = np.linspace(0.0, 2.0 * np.pi, 16, endpoint=False)
_CIRCLE = np.stack([np.cos(_ARC), np.sin(_ARC)], axis=1)
_GLOSS = ((1.0, 0.0, 0.75), (0.72, 0.22, 0.95), (0.36, 0.4, 1.12))
"""How a rod is shaded: radius, shift towards the light (both parts of its radius) and brightness of each layer."""


@dataclass(frozen=True)
class Plate:
    """A flat convex face, seen from its outer side alone.

    Attributes:
        corners: (K, 3) in order.
        outward: (3,) direction in which it looks.
        colour: (3,) RGB.
    """

    corners: Points
    outward: Points
    colour: Colour


@dataclass(frozen=True)
class Rod:
    """A round limb with round ends; a ball where both ends are one point.

    Attributes:
        ends: (2, 3) centres of its ends.
        radii: (2,) of its ends.
        colour: (3,) RGB.
    """

    ends: Points
    radii: Points
    colour: Colour


Part = Plate | Rod


@dataclass(frozen=True)
class Placement:
    """Where a body stands and how it is turned.

    Attributes:
        x, y: of its middle, in pixels.
        size: pixels of one of its units.
        yaw: radians about its vertical axis; its front looks to the right at a quarter turn.
        pitch: radians by which it is seen from above.
        roll: radians in the picture's plane, clockwise.
    """

    x: float
    y: float
    size: float
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0

    def rotation(self) -> Points:
        """(3, 3) from the body's frame to the viewer's."""
        cos, sin = np.cos([self.yaw, self.pitch, self.roll]), np.sin([self.yaw, self.pitch, self.roll])
        turn = np.array([[cos[0], 0, sin[0]], [0, 1, 0], [-sin[0], 0, cos[0]]])
        tilt = np.array([[1, 0, 0], [0, cos[1], sin[1]], [0, -sin[1], cos[1]]])
        lean = np.array([[cos[2], -sin[2], 0], [sin[2], cos[2], 0], [0, 0, 1]])
        matrix: Points = lean @ tilt @ turn
        return matrix


@dataclass(frozen=True)
class Patch:
    """A convex outline in the picture, (K, 2) in continuous pixels, and its RGB colour."""

    outline: Points
    colour: Colour


def project(parts: Iterable[Part], place: Placement) -> list[Patch]:
    """What is seen of a body, from back to front."""
    rotation, middle = place.rotation(), np.array([place.x, place.y])
    found: list[tuple[float, list[Patch]]] = []
    for part in parts:
        if isinstance(part, Plate):
            outward = rotation @ part.outward
            if outward[2] <= 0.0:
                continue
            turned = part.corners @ rotation.T
            brightness = _AMBIENT + (1.0 - _AMBIENT) * max(float(outward @ _LIGHT), 0.0)
            patches = [Patch(middle + place.size * turned[:, :2], brightness * part.colour)]
            found.append((float(turned[:, 2].mean()), patches))
        else:
            ends = part.ends @ rotation.T
            found.append(
                (float((ends[:, 2] + 0.3 * part.radii).mean()), _glossy(part, ends[:, :2], place.size, middle))
            )
    return [patch for _, patches in sorted(found, key=lambda each: each[0]) for patch in patches]


def _glossy(rod: Rod, ends: Points, size: float, middle: Points) -> list[Patch]:
    """A rod's outline, and brighter ones within it on the side of the light."""
    patches = []
    for radius, shift, brightness in _GLOSS:
        centres = ends + shift * rod.radii[:, None] * _LIGHT[:2]
        circles = (centres[:, None] + radius * rod.radii[:, None, None] * _CIRCLE).reshape(-1, 2)
        hull = cv2.convexHull(circles.astype(np.float32), returnPoints=False).ravel()
        patches.append(Patch(middle + size * circles[hull], brightness * rod.colour))
    return patches


def bounds(patches: Iterable[Patch]) -> Box:
    """(4,) exact xywh of what is seen of a body, hidden by others or not."""
    points = np.concatenate([patch.outline for patch in patches])
    start, end = points.min(axis=0), points.max(axis=0)
    return np.concatenate([start, end - start])


def rod(start: ArrayLike, end: ArrayLike, radii: float | tuple[float, float], colour: Colour) -> Rod:
    """A rod between two points, as thick at both ends or not."""
    return Rod(
        np.array([start, end], dtype=np.float64), np.broadcast_to(np.asarray(radii, dtype=np.float64), (2,)), colour
    )


def panels(corners: ArrayLike, outward: ArrayLike, colours: NDArray[np.float64]) -> list[Plate]:
    """A quadrilateral in (rows, columns, 3) colours: that many plates, its own texture.

    Args:
        corners: (4, 3) top left, top right, bottom right, bottom left.
    """
    quad, normal = np.asarray(corners, dtype=np.float64), np.asarray(outward, dtype=np.float64)
    rows, columns = colours.shape[:2]
    down, across = np.linspace(0, 1, rows + 1)[:, None, None], np.linspace(0, 1, columns + 1)[None, :, None]
    grid = (1 - down) * ((1 - across) * quad[0] + across * quad[1]) + down * ((1 - across) * quad[3] + across * quad[2])
    return [
        Plate(np.stack([grid[i, j], grid[i, j + 1], grid[i + 1, j + 1], grid[i + 1, j]]), normal, colours[i, j])
        for i in range(rows)
        for j in range(columns)
    ]


def disc(centre: ArrayLike, outward: ArrayLike, radius: float, colour: Colour) -> Plate:
    """A round plate."""
    normal = np.asarray(outward, dtype=np.float64) / np.linalg.norm(np.asarray(outward))
    first = np.cross(normal, [0.0, 1.0, 0.0] if abs(normal[1]) < 0.9 else [1.0, 0.0, 0.0])
    first /= np.linalg.norm(first)
    circle = _CIRCLE[:, :1] * first + _CIRCLE[:, 1:] * np.cross(normal, first)
    return Plate(np.asarray(centre, dtype=np.float64) + radius * circle, normal, colour)
