"""The scenes of the demo benchmark: a difficulty of real video each, and one with several.

How hard they are was chosen so that trackers rank on them as on real video; ``docs/demo.md`` says over which trackers,
and what was not looked at.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from evalkit.benchmarks.synthetic import backdrops, things
from evalkit.benchmarks.synthetic.film import Actor, Camera, Course, FilmedScene
from evalkit.types import Vector

FRAMES = 60


def _wave(t: Vector, turns: float, start: float = 0.0) -> Vector:
    """Swings ``turns`` times, from the part ``start`` of a turn on."""
    wave: Vector = np.sin(2 * np.pi * (turns * t + start))
    return wave


def _stands(x: float, y: float, size: float) -> Callable[[Vector], Course]:
    return lambda t: Course(x, y, size)


def _walks(x: tuple[float, float], y: float, size: float, steps: float = 4.0) -> Callable[[Vector], Course]:
    """On a straight way sideways, seen from the side."""
    side = np.pi / 2 if x[1] > x[0] else -np.pi / 2
    return lambda t: Course(x[0] + (x[1] - x[0]) * t, y, size, yaw=0.85 * side, pitch=0.12, phase=steps * t)


def _still(thing: Callable[[np.random.Generator], things.Thing], x: float, y: float, size: float, look: int) -> Actor:
    return Actor(thing, _stands(x, y, size), look, unrest=0.0)


SCENES = (
    FilmedScene(
        "motion",
        backdrops.street,
        Actor(
            things.person,
            lambda t: Course(
                200 + 330 * t, 318 + 24 * _wave(t, 1.0), 74 + 14 * t, 1.2 + 1.1 * _wave(t, 0.75), 0.12, phase=6 * t
            ),
        ),
        behind=(
            Actor(things.person, _walks((520, 300), 296, 64), 1),
            Actor(things.person, _walks((300, 420), 300, 66), 2),
            Actor(things.car, lambda t: Course(420, 330, 110, 1.3, 0.25), 3, unrest=0.0),
        ),
    ),
    FilmedScene(
        "fast-motion",
        backdrops.pitch,
        Actor(
            things.ball,
            lambda t: Course(
                400 + 150 * _wave(t, 1.4), 330 + 70 * _wave(t, 2.2, 0.1), 28 + 5 * _wave(t, 2.0), 6 * t, 3 * t, 5 * t
            ),
        ),
        behind=(
            Actor(things.person, _walks((300, 430), 300, 96), 1),
            Actor(things.person, _walks((560, 420), 330, 100), 2),
        ),
        camera=Camera(follow=0.5),
    ),
    FilmedScene(
        "scale-change",
        backdrops.street,
        Actor(
            things.car,
            lambda t: Course(
                480 - 150 * t, 360 + 40 * t, 44 * np.exp(1.35 * t), 0.3 - 1.6 * t, 0.2 + 0.15 * t, 0.05 * _wave(t, 2.0)
            ),
        ),
        behind=(
            Actor(things.car, lambda t: Course(300, 345, 70, 1.4, 0.2), 1, unrest=0.0),
            Actor(things.person, _walks((560, 380), 310, 60), 2),
        ),
        camera=Camera(follow=0.9),
    ),
    FilmedScene(
        "rotation",
        backdrops.room,
        Actor(
            things.bag,
            lambda t: Course(
                360 + 90 * t, 300 + 30 * _wave(t, 1.2), 66, 4.4 * t, 0.25 + 0.3 * _wave(t, 0.8), 0.7 * _wave(t, 1.1)
            ),
        ),
    ),
    FilmedScene(
        "occlusion",
        backdrops.park,
        Actor(things.person, _walks((230, 560), 330, 78, 6.0)),
        behind=(Actor(things.person, _walks((520, 330), 310, 66), 1),),
        front=(
            _still(things.hoarding, 330, 332, 86, 2),
            _still(things.tree, 455, 330, 180, 3),
        ),
    ),
    FilmedScene(
        "distractors",
        backdrops.pitch,
        Actor(
            things.person,
            lambda t: Course(
                330 + 140 * t, 320 + 26 * _wave(t, 1.1), 62, 1.5 + 1.2 * _wave(t, 0.8), 0.15, phase=7 * t
            ),
        ),
        behind=(
            Actor(things.person, _walks((470, 320), 318, 60, 6.0)),
            Actor(things.person, _walks((260, 420), 288, 56, 5.0)),
            Actor(things.person, _walks((540, 420), 300, 58, 5.0), 1),
        ),
        front=(Actor(things.person, _walks((410, 500), 356, 66, 6.0)),),
    ),
    FilmedScene(
        "out-of-view",
        backdrops.park,
        Actor(
            things.person,
            lambda t: Course(
                480 + 95 * np.sin(np.pi * np.clip(t / 0.75, 0, 1)) ** 2 - 60 * np.clip(t - 0.7, 0, 1), 330, 80,
                1.3 - 2.6 / (1 + np.exp(-20 * (t - 0.4))), 0.12, phase=5 * t,
            ),
        ),
        behind=(Actor(things.person, _walks((420, 330), 300, 70), 1),),
        camera=Camera(follow=0.0, aim=(410, 325)),
    ),
    FilmedScene(
        "light-change",
        backdrops.room,
        Actor(
            things.face,
            lambda t: Course(
                350 + 120 * t, 300 + 20 * _wave(t, 1.4), 92 * np.exp(0.3 * _wave(t, 1.0)), 0.9 * _wave(t, 1.3),
                0.25 * _wave(t, 0.9), 0.2 * _wave(t, 1.0),
            ),
        ),
        camera=Camera(gain=lambda t: 0.75 + 0.55 * _wave(t, 0.9, 0.6), noise=6.0),
    ),
    FilmedScene(
        "low-resolution",
        backdrops.sky,
        Actor(
            things.bird,
            lambda t: Course(
                230 + 320 * t, 330 + 80 * _wave(t, 1.0, 0.3), 44, 1.2 + 0.7 * _wave(t, 1.0), 0.3,
                0.4 * _wave(t, 1.0, 0.3), 7 * t,
            ),
        ),
        behind=(Actor(things.bird, lambda t: Course(520 - 200 * t, 300 + 30 * t, 36, -1.2, 0.3, 0, 6 * t), 1),),
    ),
    FilmedScene(
        "everything",
        backdrops.sea,
        Actor(
            things.surfer,
            lambda t: Course(
                260 + 300 * t, 320 + 40 * _wave(t, 1.7), 70 * np.exp(-0.5 * t), 1.0 + 0.9 * _wave(t, 1.2), 0.2,
                0.35 * _wave(t, 1.7, 0.25), 3 * t,
            ),
        ),
        behind=(Actor(things.surfer, lambda t: Course(430 - 60 * t, 290, 48, -1.0, 0.2, 0, 2 * t), 1),),
        front=(Actor(things.surfer, lambda t: Course(480 - 240 * t, 345, 76, -1.2, 0.2, 0, 2 * t), 2),),
        camera=Camera(follow=0.7, shake=3.0, zoom=lambda t: 1.0 + 0.25 * _wave(t, 1.1)),
    ),
)  # fmt: skip
