"""Light: too much, too little, without contrast, unsteady."""

from __future__ import annotations

import numpy as np

from evalkit.robustness.corruptions.base import Clip, Read, Render, of_pixels
from evalkit.robustness.corruptions.pixels import look_up
from evalkit.types import Image

BRIGHTER = (0.12, 0.20, 0.30, 0.40, 0.52)
CONTRAST = (0.65, 0.48, 0.34, 0.22, 0.13)
"""What is left of it."""
GAMMA = (1.5, 2.0, 2.8, 3.8, 5.0)
FLICKER = (0.12, 0.22, 0.34, 0.48, 0.64)
"""Amplitude of the gain about 1."""


def _brightness(clip: Clip, level: int) -> Render:
    def render(image: Image, index: int, read: Read) -> Image:
        return look_up(image, lambda value: value + BRIGHTER[level - 1])

    return render


def _contrast(clip: Clip, level: int) -> Render:
    def render(image: Image, index: int, read: Read) -> Image:
        return look_up(image, lambda value: 0.5 + (value - 0.5) * CONTRAST[level - 1])

    return render


def _gamma(clip: Clip, level: int) -> Render:
    def render(image: Image, index: int, read: Read) -> Image:
        return look_up(image, lambda value: value ** GAMMA[level - 1])

    return render


def _flicker(clip: Clip, level: int) -> Render:
    rng = clip.rng("flicker")
    rate, phase = rng.uniform(1.2, 2.6), rng.uniform(0.0, 2 * np.pi)
    uneven = rng.uniform(0.6, 1.0, len(clip))

    def render(image: Image, index: int, read: Read) -> Image:
        gain = 1.0 + FLICKER[level - 1] * uneven[index] * np.sin(rate * index + phase)
        return look_up(image, lambda value: value * gain)

    return render


BRIGHTNESS = of_pixels("brightness", "light", "overexposed", _brightness)
LOW_CONTRAST = of_pixels("contrast", "light", "little contrast", _contrast)
DARK_GAMMA = of_pixels("gamma", "light", "dark by a steep gamma", _gamma)
FLICKERING = of_pixels("flicker", "light", "lamps that flicker", _flicker)
