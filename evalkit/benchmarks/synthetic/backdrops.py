"""What lies behind: pictures with the statistics of natural ones, larger than the frame, for a camera to move over.

Leaves that fall on each other, with sizes of a power law, give natural pictures' edges (the dead-leaves model: Lee,
Mumford and Huang, "Occlusion Models for Natural Images", IJCV 2001); noise whose amplitude falls with frequency gives
their surfaces.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

SIZE = (800, 600)
"""Width and height of a backdrop."""

Picture = NDArray[np.float32]
"""(H, W, 3) RGB, 0 to 255."""
Backdrop = Callable[[np.random.Generator], Picture]


def fractal(rng: np.random.Generator, stretch: float = 1.0) -> NDArray[np.float32]:
    """(600, 800) noise of seven octaves, each finer and fainter, about -1 to 1; ``stretch`` times as wide as high."""
    width, height = SIZE
    total = np.zeros((height, width), np.float32)
    for octave in range(7):
        step = 128 / 2**octave
        shape = (int(height / step) + 3, int(width / (step * stretch)) + 3)
        coarse = rng.standard_normal(shape, dtype=np.float32)
        total += 0.62**octave * np.asarray(cv2.resize(coarse, SIZE, interpolation=cv2.INTER_CUBIC), np.float32)
    return total / 2.2


def ground(rng: np.random.Generator, tone: ArrayLike, contrast: float, stretch: float = 1.0) -> Picture:
    """A surface of one tone: grass, asphalt, sand, a wall, water."""
    shade = 1.0 + contrast * fractal(rng, stretch)
    tint = 1.0 + 0.12 * contrast * np.stack([fractal(rng, stretch) for _ in range(3)], axis=2)
    surface: Picture = np.clip(np.asarray(tone, np.float32) * shade[..., None] * tint, 0, 255)
    return surface


def strew(
    rng: np.random.Generator, picture: Picture, tones: ArrayLike, sizes: tuple[float, float], count: int,
    rows: tuple[int, int] = (0, SIZE[1]), corners: int = 4,
) -> None:  # fmt: skip
    """Let leaves fall on a picture, in place.

    Args:
        tones: (N, 3) colours to choose from; each leaf's is a little off.
        sizes: half of the smallest and the largest leaf, pixels; a power law with exponent 3 between them.
        rows: where their centres may lie.
        corners: of a leaf; 0 makes them ellipses.
    """
    palette = np.asarray(tones, dtype=np.float64)
    small, large = sizes
    chance = rng.random(count)
    radii = 1.0 / np.sqrt(1 / small**2 - chance * (1 / small**2 - 1 / large**2))
    for radius in radii:
        tone = np.clip(palette[rng.integers(len(palette))] * rng.uniform(0.65, 1.35) + rng.normal(0, 6, 3), 0, 255)
        centre = np.array([rng.uniform(0, SIZE[0]), rng.uniform(*rows)])
        turn, aspect = rng.uniform(0, np.pi), rng.uniform(0.4, 1.0)
        angles = np.linspace(0, 2 * np.pi, corners or 14, endpoint=False) + np.pi / 4
        if corners == 4:
            turn = rng.normal(0, 0.02)
            aspect = rng.uniform(0.4, 2.2)
        x, y = radius * np.cos(angles), radius * aspect * np.sin(angles)
        leaf = centre + np.stack([np.cos(turn) * x - np.sin(turn) * y, np.sin(turn) * x + np.cos(turn) * y], axis=1)
        cv2.fillConvexPoly(picture, np.rint(leaf * 16).astype(np.int32), tone.tolist(), cv2.LINE_AA, 4)


def street(rng: np.random.Generator) -> Picture:
    """Houses with windows, a pavement, a road with a line."""
    picture = ground(rng, [118, 116, 112], 0.16, 3.0)
    picture[:300] = ground(rng, rng.uniform(110, 190, 3), 0.12)[:300]
    strew(rng, picture, rng.uniform(60, 200, (6, 3)), (25, 90), 40, (0, 270))
    strew(rng, picture, [[50, 58, 66], [80, 92, 105], [190, 195, 200], [70, 50, 40]], (5, 16), 500, (0, 280))
    strew(rng, picture, rng.uniform(40, 200, (8, 3)), (4, 22), 60, (270, 310))
    picture[296:345] = 0.5 * picture[296:345] + 0.5 * np.array([165, 160, 152], np.float32)
    for x in range(0, SIZE[0], 90):
        cv2.rectangle(picture, (x, 430), (x + 40, 435), (205, 205, 198), -1)
    return picture


def park(rng: np.random.Generator) -> Picture:
    """Bushes and trees above a meadow."""
    picture = ground(rng, [96, 118, 62], 0.3)
    greens = [[48, 72, 34], [70, 96, 48], [98, 112, 60], [112, 92, 60], [40, 52, 36], [140, 150, 120]]
    strew(rng, picture, greens, (3, 40), 1800, (0, 300), corners=0)
    strew(rng, picture, rng.uniform(40, 210, (6, 3)), (5, 18), 40, (240, 330))
    strew(rng, picture, [[120, 110, 70], [80, 105, 50]], (1.5, 6), 700, (300, 600), corners=0)
    return picture


def sea(rng: np.random.Generator) -> Picture:
    """Waves and foam."""
    picture = ground(rng, [64, 104, 122], 0.34, 4.0)
    foam = np.clip(3.0 * (fractal(rng, 3.0) - 0.75), 0, 1)[..., None]
    return np.asarray(picture + foam * (np.array([225, 232, 236], np.float32) - picture), np.float32)


def sky(rng: np.random.Generator) -> Picture:
    """Clouds, and trees below."""
    cloud = np.clip(0.5 + 0.9 * fractal(rng, 1.6), 0, 1)[..., None]
    clear, bright = np.array([118, 160, 205], np.float32), np.array([112, 78, 36], np.float32)
    picture = np.asarray(clear + cloud * bright, np.float32)
    greens = [[58, 78, 44], [36, 48, 34], [90, 96, 70]]
    strew(rng, picture, greens, (5, 36), 900, (400, 600), corners=0)
    return picture


def room(rng: np.random.Generator) -> Picture:
    """A wall with pictures, shelves and things on them."""
    picture = ground(rng, rng.uniform(130, 200, 3), 0.1)
    strew(rng, picture, rng.uniform(50, 190, (6, 3)), (30, 110), 22)
    strew(rng, picture, rng.uniform(15, 240, (14, 3)), (5, 28), 420)
    return picture


def pitch(rng: np.random.Generator) -> Picture:
    """Mown grass with lines, and a crowd above it."""
    picture = ground(rng, [78, 128, 62], 0.16)
    picture[:, (np.arange(SIZE[0]) // 70) % 2 == 0] *= 0.9
    for x in (130, 420, 690):
        cv2.line(picture, (x, 190), (x - 60, 600), (215, 225, 212), 5, cv2.LINE_AA)
    strew(rng, picture, rng.uniform(20, 240, (12, 3)), (3, 9), 1500, (0, 170), corners=0)
    strew(rng, picture, rng.uniform(20, 240, (6, 3)), (12, 30), 40, (175, 190))
    return picture
