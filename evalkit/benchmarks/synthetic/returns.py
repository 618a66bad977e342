"""The scenes of the long-term demo: plain shapes that leave the picture, and come back or not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import ArrayLike

from evalkit.benchmarks.synthetic.film import SIZE, inside
from evalkit.benchmarks.synthetic.shapes import Pose, area, bounding_box, noise_texture, paint
from evalkit.types import Box, Image, Vector


@dataclass(frozen=True)
class Scene:
    """A rectangle as the target, and its look-alikes.

    Attributes:
        name: of the sequence.
        target: poses at times (N,) from 0 to 1.
        distractors: poses of shapes with the target's own texture.
        pan: (x, y) pixels that the background moves by in the whole clip.
    """

    name: str
    target: Callable[[Vector], list[Pose]]
    distractors: tuple[Callable[[Vector], list[Pose]], ...] = ()
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
        lambda t: _moves(t, (0.5, 2.0), (90 + 500 * t, 120 + 15 * _wave(t, 1.0)), (t, t)),
    ),
    Scene(
        "returns-elsewhere",
        lambda t: _moves(t, (0.35, 0.55), (150 + 550 * t, 70 + 20 * t), (-130 + 200 * t, 190 - 20 * t)),
        pan=(20.0, 10.0),
    ),
    Scene(
        "returns-smaller",
        lambda t: _moves(t, (0.35, 0.55), (170 - 560 * t, 150 - 30 * t), (480 - 260 * t, 60 + 40 * t), scale=0.6),
    ),
    Scene(
        "look-alike-stays",
        lambda t: _moves(t, (0.35, 0.6), (150 + 560 * t, 180 - 20 * t), (-150 + 230 * t, 60 + 20 * t)),
        distractors=(lambda t: poses(215 + 12 * _wave(t, 1.0), 90 + 8 * _wave(t, 2.0)),),
    ),
)
"""The scenes of the long-term demo: the target leaves, and comes back elsewhere, smaller, or beside a look-alike."""


def draw(scene: Scene, rng: np.random.Generator, frames: int) -> list[tuple[Image, Box, float]]:
    """Picture, box and visible share of the target, for every frame; see :mod:`evalkit.benchmarks.synthetic.film`."""
    width, height = SIZE
    margin_x, margin_y = (ceil(abs(shift)) for shift in scene.pan)
    background = noise_texture(rng, width + 2 * margin_x, height + 2 * margin_y, 48, contrast=0.7)
    texture = noise_texture(rng, 64, 64, 24, contrast=1.6)
    times = np.linspace(0.0, 1.0, frames)
    targets, others = scene.target(times), [distractor(times) for distractor in scene.distractors]
    drawn = []
    for index, time in enumerate(times):
        x, y = (round(margin + shift * time) for margin, shift in zip((margin_x, margin_y), scene.pan, strict=True))
        image = background[y : y + height, x : x + width].copy()
        for other in others:
            paint(image, texture, other[index])
        pose = targets[index]
        seen = paint(image, texture, pose)
        share = min(float(seen.sum()) / area(pose), 1.0)
        box = inside(bounding_box(pose)) if share > 0.0 else np.zeros(4)
        drawn.append((image, box, share))
    return drawn
