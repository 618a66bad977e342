"""Weather: layers that are drawn once a clip and move from frame to frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from evalkit.robustness.corruptions.base import Clip, Read, Render, of_pixels
from evalkit.robustness.corruptions.pixels import as_image, look_up, three_channels, unit
from evalkit.types import Image

FOG = (0.30, 0.45, 0.58, 0.70, 0.82)
"""Mean share of the light that comes from the fog."""
FOG_COLOUR = 205
RAIN = ((300, 0.20), (600, 0.28), (1000, 0.36), (1600, 0.45), (2400, 0.55))
SNOW = ((250, 0.45), (500, 0.55), (900, 0.65), (1500, 0.75), (2400, 0.85))
"""Drops or flakes in a 640 x 480 picture, and how bright they are."""
_LAYERS = (0.5, 0.75, 1.0)
"""Sizes and speeds of what is far, between and near."""
_TILE = 256


def _fog(clip: Clip, level: int) -> Render:
    rng = clip.rng("fog")
    tile = np.tile(_clouds(rng), (2, 2))
    drift = rng.uniform(0.2, 0.6, 2) * rng.choice([-1.0, 1.0], 2)
    density = FOG[level - 1]

    def render(image: Image, index: int, read: Read) -> Image:
        height, width = image.shape[:2]
        scale = _TILE / max(height, width)
        x, y = (drift * index) % _TILE
        place = np.array([[scale, 0.0, x], [0.0, scale, y]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        cloud = np.asarray(cv2.warpAffine(tile, place, (width, height), flags=flags, borderMode=cv2.BORDER_REFLECT))
        share = np.clip(density * (0.6 + 0.8 * cloud), 0.0, 0.97).astype(np.float32)
        return as_image(cv2.blendLinear(image, np.full_like(image, FOG_COLOUR), 1.0 - share, share))

    return render


def _clouds(rng: np.random.Generator) -> NDArray[np.float32]:
    """(T, T) periodic noise with a 1/f^1.5 amplitude spectrum, 0 to 1."""
    along = np.fft.fftfreq(_TILE) * _TILE
    frequency = np.hypot(along[:, None], along[None, :])
    amplitude = np.where(frequency > 0, np.maximum(frequency, 1.0) ** -1.5, 0.0)
    waves = np.fft.fft2(rng.standard_normal((_TILE, _TILE))) * amplitude
    field = np.fft.ifft2(waves).real
    clouds: NDArray[np.float32] = ((field - field.min()) / np.ptp(field)).astype(np.float32)
    return clouds


@dataclass(frozen=True)
class _Layer:
    """Drops or flakes at one distance: a picture that repeats at its borders, and its motion in pixels a frame."""

    tile: NDArray[np.uint8]
    speed: tuple[float, float]
    sway: float
    phase: float

    def at(self, index: int) -> NDArray[np.uint8]:
        x = self.speed[0] * index + self.sway * np.sin(0.25 * index + self.phase)
        return np.roll(self.tile, (round(self.speed[1] * index), round(x)), axis=(0, 1))


Paint = Callable[[NDArray[np.uint8], NDArray[np.float64], float, float, int], None]
"""Draw drops at places (K, 2) into a tile: with a slant, at a scale, so bright."""


def _rain(clip: Clip, level: int) -> Render:
    return _falling(clip, "rain", RAIN[level - 1], _streaks, speed=42.0, sway=0.0, dim=0.04 * level)


def _snow(clip: Clip, level: int) -> Render:
    return _falling(clip, "snow", SNOW[level - 1], _flakes, speed=6.0, sway=3.0, dim=0.0)


def _falling(
    clip: Clip, name: str, amount: tuple[int, float], paint: Paint, *, speed: float, sway: float, dim: float
) -> Render:
    count, brightness = amount
    slant = float(clip.rng(name).uniform(-0.35, 0.35))

    @lru_cache(maxsize=1)
    def layers(height: int, width: int, scale: float) -> tuple[_Layer, ...]:
        made = []
        for number, near in enumerate(_LAYERS):
            rng, tile = clip.rng(name, number), np.zeros((height, width), np.uint8)
            drops = max(1, round(count / len(_LAYERS) / near * height * width / (640 * 480 * scale * scale)))
            places = rng.random((drops, 2)) * (width, height)
            paint(tile, places, slant, near * scale, round(255 * brightness * near))
            fall = speed * near * scale * rng.uniform(0.9, 1.1)
            made.append(_Layer(tile, (slant * fall, fall), sway * near * scale, float(rng.uniform(0, 6.28))))
        return tuple(made)

    def render(image: Image, index: int, read: Read) -> Image:
        veil = np.zeros(image.shape[:2], np.uint8)
        for layer in layers(*image.shape[:2], unit(image)):
            veil = np.maximum(veil, layer.at(index))
        darker = look_up(image, lambda value: value * (1.0 - dim)) if dim else image
        return as_image(cv2.add(darker, three_channels(veil)))

    return render


def _streaks(tile: NDArray[np.uint8], places: NDArray[np.float64], slant: float, scale: float, bright: int) -> None:
    length = 30.0 * scale
    ends = places + np.array([slant * length, length])
    lines = np.rint(np.stack([places, ends], axis=1)).astype(np.int32)
    thickness = max(1, round(1.6 * scale))
    for offset in _around(tile):
        cv2.polylines(tile, list(lines + offset), isClosed=False, color=bright, thickness=thickness)
    tile[:] = cv2.GaussianBlur(tile, (3, 3), 0)


def _flakes(tile: NDArray[np.uint8], places: NDArray[np.float64], slant: float, scale: float, bright: int) -> None:
    radius = max(1, round(2.2 * scale))
    for x, y in np.rint(places).astype(int).tolist():
        cv2.circle(tile, (x, y), radius, bright, thickness=-1)
    tile[:] = cv2.GaussianBlur(tile, (0, 0), 0.5 + 0.5 * scale, borderType=cv2.BORDER_REFLECT)


def _around(tile: NDArray[np.uint8]) -> list[NDArray[np.int32]]:
    """Offsets at which a line is drawn again, so that it goes on at the opposite border."""
    height, width = tile.shape
    return [np.array([x, y], np.int32) for x in (0, -width, width) for y in (0, -height)]


FOG_WEATHER = of_pixels("fog", "weather", "fog in banks that drift", _fog)
RAIN_WEATHER = of_pixels("rain", "weather", "rain in streaks that fall, and less light", _rain)
SNOW_WEATHER = of_pixels("snow", "weather", "snowflakes that fall and sway", _snow)
