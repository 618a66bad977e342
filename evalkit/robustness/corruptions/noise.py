"""Noise of the sensor: fresh in every frame, as a sensor's is.

A pixel's corrupted value is looked up by its value and a random byte: the 256 quantiles of the distribution that the
noise gives it. So noise costs a byte of chance and a look-up a value, whatever its distribution.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, poisson

from evalkit.robustness.corruptions.base import Clip, Read, Render, of_pixels
from evalkit.robustness.corruptions.pixels import three_channels, to_bytes
from evalkit.types import Image

GAUSSIAN_SIGMA = (0.04, 0.08, 0.12, 0.18, 0.26)
"""Standard deviation, full range 1."""
PHOTONS = (100, 50, 25, 12, 6)
"""That a white pixel counts."""
IMPULSES = (0.01, 0.03, 0.06, 0.12, 0.20)
"""Share of pixels that are white or black."""
_QUANTILES = (np.arange(256) + 0.5) / 256


def _gaussian(clip: Clip, level: int) -> Render:
    values = np.arange(256)[:, None] / 255.0
    return _by_table(clip, "gaussian", to_bytes(values + GAUSSIAN_SIGMA[level - 1] * norm.ppf(_QUANTILES)))


def _shot(clip: Clip, level: int) -> Render:
    photons = PHOTONS[level - 1]
    expected = np.arange(256)[:, None] / 255.0 * photons
    counts = np.where(expected > 0, poisson.ppf(_QUANTILES[None, :], np.maximum(expected, 1e-9)), 0.0)
    return _by_table(clip, "shot", to_bytes(counts / photons))


def _by_table(clip: Clip, name: str, table: NDArray[np.uint8]) -> Render:
    flat = table.ravel()

    def render(image: Image, index: int, read: Read) -> Image:
        chance = np.frombuffer(clip.rng(name, index).bytes(image.size), np.uint8).reshape(image.shape)
        place = image.astype(np.uint16)
        place <<= 8
        place |= chance
        return flat[place]

    return render


def _impulse(clip: Clip, level: int) -> Render:
    limit = round(IMPULSES[level - 1] * 65536)

    def render(image: Image, index: int, read: Read) -> Image:
        height, width = image.shape[:2]
        chance = np.frombuffer(clip.rng("impulse", index).bytes(2 * height * width), "<u2").reshape(height, width)
        white = (chance < limit // 2).astype(np.uint8) * np.uint8(255)
        kept = (chance < 65536 - (limit - limit // 2)).astype(np.uint8) * np.uint8(255)
        corrupted: Image = (image | three_channels(white)) & three_channels(kept)
        return corrupted

    return render


GAUSSIAN_NOISE = of_pixels("gaussian_noise", "noise", "Gaussian noise on every value", _gaussian)
SHOT_NOISE = of_pixels("shot_noise", "noise", "few photons: Poisson noise that grows with brightness", _shot)
IMPULSE_NOISE = of_pixels("impulse_noise", "noise", "pixels that are white or black", _impulse)
