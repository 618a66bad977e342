"""What is to be seen in the demo's scenes: people, cars, faces, balls, bags, birds, and what hides them.

Each function takes a stream of random numbers, which chooses colours and proportions, and returns the thing as a
function of its phase: of a step, of a wing's beat. One phase is one cycle. A thing is about one unit high, or long.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from evalkit.benchmarks.synthetic.bodies import Colour, Part, Points, disc, panels, rod

Thing = Callable[[float], list[Part]]
"""The parts of a thing in a phase."""

_SKIN = np.array([[232, 190, 160], [198, 146, 112], [141, 96, 66], [92, 62, 45]], dtype=np.float64)
_DARK = np.array([38.0, 36, 40])
_GLASS = np.array([62.0, 78, 92])
_FRONT, _BACK, _LEFT, _RIGHT, _UP = np.array(
    [[0.0, 0, 1], [0, 0, -1], [-1, 0, 0], [1, 0, 0], [0, -1, 0]], dtype=np.float64
)


def colour(rng: np.random.Generator, brightest: float = 235.0) -> Colour:
    """(3,) an RGB colour of things, more or less saturated."""
    base, grey = rng.uniform(20, brightest, 3), rng.uniform(30, brightest)
    mixed: Colour = base + rng.uniform(0.0, 0.6) * (grey - base)
    return mixed


def _pattern(rng: np.random.Generator, base: Colour, rows: int, columns: int, contrast: float = 25.0) -> Points:
    """(rows, columns, 3) the colour with cells that are brighter or darker."""
    cells: Points = np.clip(base + rng.normal(0.0, contrast, (rows, columns, 1)), 5, 250)
    return cells


def _block(low: Points, high: Points, textures: dict[str, Points]) -> list[Part]:
    """The sides of a block between two corners that have a texture: front, back, left, right, top."""
    (x0, y0, z0), (x1, y1, z1) = low, high
    sides = {
        "front": ([[x0, y0, z1], [x1, y0, z1], [x1, y1, z1], [x0, y1, z1]], _FRONT),
        "back": ([[x1, y0, z0], [x0, y0, z0], [x0, y1, z0], [x1, y1, z0]], _BACK),
        "left": ([[x0, y0, z0], [x0, y0, z1], [x0, y1, z1], [x0, y1, z0]], _LEFT),
        "right": ([[x1, y0, z1], [x1, y0, z0], [x1, y1, z0], [x1, y1, z1]], _RIGHT),
        "top": ([[x0, y0, z0], [x1, y0, z0], [x1, y0, z1], [x0, y0, z1]], _UP),
    }
    return [plate for side, cells in textures.items() for plate in panels(*sides[side], cells)]


def person(rng: np.random.Generator) -> Thing:
    """Somebody who walks towards the viewer at yaw 0; from head to feet one unit."""
    skin, hair = _SKIN[rng.integers(len(_SKIN))], colour(rng, 110)
    shirt, trousers, shoes = colour(rng), colour(rng, 170), colour(rng)
    stripe = colour(rng) if rng.random() < 0.6 else shirt
    broad = rng.uniform(0.9, 1.15)

    def parts(phase: float) -> list[Part]:
        swing = 0.16 * np.sin(2 * np.pi * phase)
        limbs: list[Part] = []
        for side, step in ((-1.0, swing), (1.0, -swing)):
            x, bend = 0.055 * side * broad, 0.05 * max(-step, 0.0) / 0.16
            knee, foot = [x, 0.22, 0.6 * step + bend], [x, 0.45 - bend, 1.1 * step - bend]
            limbs += [
                rod([x, 0.02, 0], knee, (0.062, 0.05), trousers),
                rod(knee, foot, (0.048, 0.035), trousers),
                rod(foot, [x, 0.47 - bend, foot[2] + 0.06], 0.03, shoes),
            ]
            shoulder, elbow = [0.125 * side * broad, -0.27, 0], [0.15 * side * broad, -0.11, -0.5 * step]
            limbs += [rod(shoulder, elbow, (0.043, 0.036), shirt)]
            limbs += [rod(elbow, [0.14 * side * broad, 0.03, -0.9 * step + 0.04], (0.032, 0.026), skin)]
        bands = [(-0.28, -0.2, shirt), (-0.2, -0.1, stripe), (-0.1, 0.02, shirt)]
        trunk = [
            rod([side * 0.05 * broad, low, 0], [side * 0.05 * broad, high, 0], 0.072, tone)
            for low, high, tone in bands
            for side in (-1, 1)
        ]
        head = [
            rod([0, -0.33, 0], [0, -0.36, 0.01], 0.035, skin),
            rod([0, -0.41, 0.015], [0, -0.44, 0.015], (0.058, 0.06), skin),
            rod([0, -0.43, -0.022], [0, -0.455, -0.015], 0.056, hair),
        ]
        return [*limbs, *trunk, *head]

    return parts


def car(rng: np.random.Generator) -> Thing:
    """A car that drives towards the viewer at yaw 0; one unit long."""
    paint = colour(rng)
    half, belt, top, length = 0.2, -0.02, rng.uniform(-0.17, -0.13), 0.5
    hood, lamp, rear = np.clip(paint * 1.1, 0, 250), np.array([250.0, 245, 215]), np.array([190.0, 25, 20])
    low = _block(
        np.array([-half, belt, -length]),
        np.array([half, 0.12, length]),
        {
            "front": np.stack([[hood, hood, hood, hood], [lamp, _DARK, _DARK, lamp], [paint] * 4]),
            "back": np.stack([[paint] * 4, [rear, paint, paint, rear], [_DARK] * 4]),
            "left": _pattern(rng, paint, 2, 5, 9),
            "right": _pattern(rng, paint, 2, 5, 9),
            "top": _pattern(rng, hood, 4, 1, 6),
        },
    )
    post = [paint, _GLASS, _GLASS, paint, _GLASS, paint]
    cabin = _block(
        np.array([-0.85 * half, top, -0.36]),
        np.array([0.85 * half, belt, 0.2]),
        {
            "front": np.stack([[_GLASS * 1.2] * 2, [_GLASS] * 2]),
            "back": np.stack([[paint] * 2, [_GLASS] * 2]),
            "left": np.array([post]),
            "right": np.array([post[::-1]]),
            "top": _pattern(rng, paint, 2, 2, 8),
        },
    )
    wheels: list[Part] = [
        disc([1.02 * side * half, 0.12, z], [side, 0, 0], radius, tone)
        for side in (-1, 1)
        for z in (-0.3, 0.31)
        for radius, tone in ((0.085, _DARK), (0.045, np.array([150.0, 150, 155])))
    ]
    return lambda phase: [*low, *cabin, *wheels]


def face(rng: np.random.Generator) -> Thing:
    """A head with shoulders that looks at the viewer at yaw 0; one unit high."""
    skin, hair, shirt = _SKIN[rng.integers(len(_SKIN))], colour(rng, 120), colour(rng)
    white, iris = np.array([240.0, 238, 232]), colour(rng, 130)
    still: list[Part] = [
        rod([0, 0.15, -0.02], [0, 0.3, -0.02], 0.1, 0.9 * skin),
        rod([-0.2, 0.42, -0.02], [0.2, 0.42, -0.02], 0.12, shirt),
        rod([0, 0.06, 0.02], [0, -0.14, 0], (0.17, 0.23), skin),
        rod([-0.05, -0.2, -0.06], [0.05, -0.2, -0.06], 0.23, hair),
        rod([0, 0.0, -0.1], [0, -0.1, -0.1], 0.2, hair),
        rod([0, -0.06, 0.22], [0, 0.0, 0.26], (0.03, 0.045), 1.05 * skin),
        rod([-0.055, 0.12, 0.19], [0.055, 0.12, 0.19], 0.022, np.array([165.0, 75, 72])),
    ]
    for side in (-1, 1):
        still += [
            rod([0.22 * side, -0.05, 0], [0.22 * side, -0.01, 0], 0.04, 0.95 * skin),
            rod([0.06 * side, -0.1, 0.22], [0.11 * side, -0.1, 0.2], 0.03, white),
            rod([0.085 * side, -0.1, 0.245], [0.085 * side, -0.1, 0.245], 0.022, iris),
            rod([0.05 * side, -0.16, 0.21], [0.13 * side, -0.165, 0.18], 0.016, hair),
        ]
    return lambda phase: still


def ball(rng: np.random.Generator) -> Thing:
    """A ball with twelve patches; one unit across."""
    base, spot = colour(rng), colour(rng, 120)
    golden = (1 + np.sqrt(5)) / 2
    signs = [(a, b) for a in (-1, 1) for b in (-1, 1)]
    corners = np.array([[[0, a, b * golden], [a, b * golden, 0], [b * golden, 0, a]] for a, b in signs]).reshape(-1, 3)
    patches: list[Part] = [disc(0.46 * way, way, 0.17, spot) for way in corners / np.linalg.norm(corners[0])]
    return lambda phase: [rod([0, 0, -0.5], [0, 0, -0.5], 0.5, base), *patches]


def bag(rng: np.random.Generator) -> Thing:
    """A box with another pattern on each side, and a handle."""
    base, other = colour(rng), colour(rng)
    low, high = np.array([-0.38, -0.36, -0.16]), np.array([0.38, 0.5, 0.16])
    sides = {
        name: _pattern(rng, tone, 5, columns, 22)
        for name, tone, columns in (
            *(("front", base, 5), ("back", other, 5), ("left", 0.8 * base, 3)),
            *(("right", 0.8 * other, 3), ("top", 0.6 * base, 4)),
        )
    }
    sides["front"][1:4, 1:4] = colour(rng)
    grip = [[-0.18, -0.36, 0], [-0.12, -0.48, 0], [0.12, -0.48, 0], [0.18, -0.36, 0]]
    handle: list[Part] = [rod(start, end, 0.025, _DARK) for start, end in pairwise(grip)]
    block = _block(low, high, sides)
    return lambda phase: [*block, *handle]


def bird(rng: np.random.Generator) -> Thing:
    """A bird that flies towards the viewer at yaw 0; its wings span one unit and beat once a phase."""
    back, tip, beak = colour(rng, 150), colour(rng, 90), np.array([225.0, 165, 60])

    def parts(phase: float) -> list[Part]:
        beat = 0.9 * np.sin(2 * np.pi * phase)
        found: list[Part] = [
            rod([0, 0, -0.18], [0, 0, 0.12], (0.05, 0.075), back),
            rod([0, -0.05, 0.2], [0, -0.05, 0.2], 0.06, back),
            rod([0, -0.04, 0.25], [0, -0.03, 0.3], (0.02, 0.008), beak),
            rod([0, 0, -0.2], [0, -0.02, -0.34], (0.03, 0.07), tip),
        ]
        for side in (-1, 1):
            elbow = [side * 0.22 * np.cos(beat), -0.22 * np.sin(beat), 0.02]
            end = [side * 0.48 * np.cos(0.7 * beat), -0.45 * np.sin(0.9 * beat), -0.1]
            found += [rod([side * 0.04, 0, 0.03], elbow, (0.06, 0.075), back), rod(elbow, end, (0.07, 0.02), tip)]
        return found

    return parts


def surfer(rng: np.random.Generator) -> Thing:
    """Somebody who stands on a board."""
    body, board, spray = person(rng), colour(rng), np.array([235.0, 240, 243])
    deck: list[Part] = [rod([-0.05, 0.5, -0.45], [0.05, 0.46, 0.45], (0.07, 0.05), board)]
    foam: list[Part] = [rod([0.1 * k, 0.53, -0.5], [0.1 * k, 0.5, -0.4], 0.05, spray) for k in (-1, 0, 1)]
    return lambda phase: [*foam, *deck, *body(0.2 + 0.08 * np.sin(2 * np.pi * phase))]


def tree(rng: np.random.Generator) -> Thing:
    """A tree; one unit high."""
    bark, leaves = colour(rng, 100), np.array([60.0, 95, 45]) * rng.uniform(0.7, 1.3)
    blobs = rng.normal(0.0, 1.0, (36, 3)) * [0.11, 0.11, 0.05] + [0, -0.25, 0]
    crown = [rod(at, at + rng.normal(0, 0.03, 3), 0.06, leaves * rng.uniform(0.6, 1.3)) for at in blobs]
    trunk: Part = rod([0, -0.2, 0], [0, 0.5, 0], (0.03, 0.045), bark)
    return lambda phase: [trunk, *crown]


def hoarding(rng: np.random.Generator) -> Thing:
    """A wall of boards, one unit high, that stands and hides; a third as wide."""
    boards = _pattern(rng, colour(rng), 9, 4, 14)
    sides = {"front": boards, "back": boards, "left": boards[:, :1], "right": boards[:, :1]}
    block = _block(np.array([-0.16, -0.5, -0.02]), np.array([0.16, 0.5, 0.02]), sides)
    return lambda phase: block
