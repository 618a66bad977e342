"""The scenes of the demo benchmark: one difficulty each, and one with several.

The numbers are chosen so that every scene has frames in which simple trackers succeed and frames in which they fail.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from evalkit.types import Box, Vector


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


FRAMES = 60
SIZE = (320, 240)
"""Width and height."""


@dataclass(frozen=True)
class Scene:
    """A target, its look-alikes and what hides it.

    Attributes:
        name: of the sequence.
        attributes: challenges, by OTB's abbreviations.
        target: poses at times (N,) from 0 to 1.
        ellipse: shape of the target; a rectangle otherwise.
        distractors: poses of shapes with the target's own texture.
        occluder: a standing rectangle in front.
        pan: (x, y) pixels that the background moves by in the whole clip.
    """

    name: str
    attributes: frozenset[str]
    target: Callable[[Vector], list[Pose]]
    ellipse: bool = False
    distractors: tuple[Callable[[Vector], list[Pose]], ...] = ()
    occluder: Pose | None = None
    pan: tuple[float, float] = (0.0, 0.0)


def poses(
    x: ArrayLike, y: ArrayLike, half_width: ArrayLike = 16.0, half_height: ArrayLike = 20.0, angle: ArrayLike = 0.0
) -> list[Pose]:
    """Poses from arrays over time; what does not change may be a number."""
    columns = np.broadcast_arrays(x, y, half_width, half_height, angle)
    return [Pose(*map(float, row)) for row in np.stack(columns, axis=1)]


def _wave(t: Vector, turns: float) -> Vector:
    wave: Vector = np.sin(2 * np.pi * turns * t)
    return wave


SCENES = (
    Scene("motion", frozenset(), lambda t: poses(50 + 220 * t, 120 + 55 * _wave(t, 1.0)), pan=(30.0, 10.0)),
    Scene("fast-motion", frozenset({"FM"}), lambda t: poses(160 + 110 * _wave(t, 2.5), 120 + 60 * _wave(t, 1.5))),
    Scene(
        "scale-change",
        frozenset({"SV"}),
        lambda t: poses(
            110 + 90 * t, 120 + 20 * t, 14 * np.exp(0.8 * _wave(t, 0.75)), 18 * np.exp(0.8 * _wave(t, 0.75))
        ),
    ),
    Scene(
        "rotation",
        frozenset({"IPR"}),
        lambda t: poses(90 + 130 * t, 110 + 25 * _wave(t, 1.0), 14, 26, 2.5 * np.pi * t),
    ),
    Scene(
        "occlusion",
        frozenset({"OCC"}),
        lambda t: poses(45 + 230 * t, 125 + 10 * _wave(t, 1.0)),
        occluder=Pose(165, 120, 22, 120),
    ),
    Scene(
        "distractors",
        frozenset({"BC"}),
        lambda t: poses(60 + 190 * t, 90 + 50 * t),
        distractors=(
            lambda t: poses(260 - 190 * t, 85 + 60 * t),
            lambda t: poses(150 + 40 * _wave(t, 1.0), 195 + 10 * _wave(t, 2.0)),
        ),
    ),
    Scene(
        "absence",
        frozenset({"OV"}),
        lambda t: poses(200 + 220 * np.maximum(np.sin(np.pi * np.clip(t / 0.9, 0, 1)), 0), 120 + 30 * t),
        ellipse=True,
    ),
    Scene(
        "everything",
        frozenset({"SV", "IPR", "OCC", "BC"}),
        lambda t: poses(60 + 200 * t, 130 + 40 * _wave(t, 1.0), 12 + 8 * t, 18 + 10 * t, 0.8 * _wave(t, 1.0)),
        ellipse=True,
        distractors=(lambda t: poses(250 - 60 * t, 60 + 20 * t, 14, 20),),
        occluder=Pose(120, 190, 10, 70),
        pan=(-40.0, 20.0),
    ),
)


def _moves(
    t: Vector, away: tuple[float, float], first: tuple[ArrayLike, ArrayLike], second: tuple[ArrayLike, ArrayLike],
    scale: float = 1.0,
) -> list[Pose]:  # fmt: skip
    """Poses of a target of 32 x 40 pixels: on the first path, outside of the picture between two times, on the second.

    Args:
        away: times at which it is gone, and back.
        first, second: x and y over all times.
        scale: of its size on the second path.
    """
    gone, back = t >= away[0], t >= away[1]
    x, y = (np.where(back, later, np.where(gone, -500.0, before)) for before, later in zip(first, second, strict=True))
    size = np.where(back, scale, 1.0)
    return poses(x, y, 16.0 * size, 20.0 * size)


RETURNS = (
    Scene(
        "leaves",
        frozenset({"OV"}),
        lambda t: _moves(t, (0.5, 2.0), (90 + 500 * t, 120 + 15 * _wave(t, 1.0)), (t, t)),
    ),
    Scene(
        "returns-elsewhere",
        frozenset({"OV"}),
        lambda t: _moves(t, (0.35, 0.55), (150 + 550 * t, 70 + 20 * t), (-130 + 200 * t, 190 - 20 * t)),
        pan=(20.0, 10.0),
    ),
    Scene(
        "returns-smaller",
        frozenset({"OV", "SV"}),
        lambda t: _moves(t, (0.35, 0.55), (170 - 560 * t, 150 - 30 * t), (480 - 260 * t, 60 + 40 * t), scale=0.6),
    ),
    Scene(
        "look-alike-stays",
        frozenset({"OV", "BC"}),
        lambda t: _moves(t, (0.35, 0.6), (150 + 560 * t, 180 - 20 * t), (-150 + 230 * t, 60 + 20 * t)),
        distractors=(lambda t: poses(215 + 12 * _wave(t, 1.0), 90 + 8 * _wave(t, 2.0)),),
    ),
)
"""The scenes of the long-term demo: the target leaves, and comes back elsewhere, smaller, or beside a look-alike."""
