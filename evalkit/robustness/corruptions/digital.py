"""What cameras and codecs do to a picture."""

from __future__ import annotations

import cv2
import numpy as np

from evalkit.robustness.corruptions.base import Clip, Read, Render, of_pixels
from evalkit.robustness.corruptions.pixels import as_image, recoded, resized, unit
from evalkit.types import Image

JPEG_QUALITY = (25, 16, 10, 7, 4)
PIXELS = (2.5, 3.5, 5.0, 7.0, 10.0)
"""Side of a block in pixels of a 640 x 480 picture; it is at least 1.2 pixels."""
CAST = (0.10, 0.20, 0.32, 0.46, 0.64)
"""Logarithm of the strongest channel's gain."""
SATURATION = (0.60, 0.40, 0.20, 0.10, 0.0)
"""What is left of it."""
BLOCK_QUALITY = (30, 20, 13, 8, 5)
SKIPPED_BELOW = (4, 6, 9, 13, 18)
"""Mean change of a macroblock, of 255, that is not worth a bit."""
GROUP = 15
"""Frames from one that is coded whole to the next."""
_MACROBLOCK = 16


def _jpeg(clip: Clip, level: int) -> Render:
    def render(image: Image, index: int, read: Read) -> Image:
        return recoded(image, JPEG_QUALITY[level - 1])

    return render


def _blocking(clip: Clip, level: int) -> Render:
    """Coarse blocks, and macroblocks that stay as they were in the last whole frame until enough changes in them."""
    quality, limit = BLOCK_QUALITY[level - 1], SKIPPED_BELOW[level - 1]
    kept: dict[int, tuple[Image, Image]] = {}

    def key_frame(image: Image, index: int, read: Read) -> tuple[Image, Image]:
        first = index - index % GROUP
        if first not in kept:
            whole = image if first == index else read(first)
            kept.clear()
            kept[first] = whole, recoded(whole, quality)
        return kept[first]

    def render(image: Image, index: int, read: Read) -> Image:
        clean, coded = key_frame(image, index, read)
        if index % GROUP == 0:
            return coded.copy()
        now = recoded(image, quality)
        if clean.shape != image.shape:
            return now
        height, width = image.shape[:2]
        change = as_image(cv2.cvtColor(as_image(cv2.absdiff(image, clean)), cv2.COLOR_RGB2GRAY))
        blocks = resized(change, -(-width // _MACROBLOCK), -(-height // _MACROBLOCK), cv2.INTER_AREA)
        still = resized((blocks < limit).astype(np.uint8), width, height, cv2.INTER_NEAREST)
        return as_image(cv2.copyTo(coded, still, now))

    return render


def _pixelate(clip: Clip, level: int) -> Render:
    def render(image: Image, index: int, read: Read) -> Image:
        height, width = image.shape[:2]
        side = max(1.2, PIXELS[level - 1] * unit(image))
        small = resized(image, round(width / side), round(height / side), cv2.INTER_AREA)
        return resized(small, width, height, cv2.INTER_NEAREST)

    return render


def _cast(clip: Clip, level: int) -> Render:
    direction = clip.rng("cast").standard_normal(3)
    direction -= direction.mean()
    gains = np.exp(CAST[level - 1] * direction / np.abs(direction).max())
    table = np.rint(np.clip(np.arange(256)[:, None] * gains, 0, 255)).astype(np.uint8)[None]

    def render(image: Image, index: int, read: Read) -> Image:
        return as_image(cv2.LUT(image, table))

    return render


def _grey(clip: Clip, level: int) -> Render:
    left = SATURATION[level - 1]

    def render(image: Image, index: int, read: Read) -> Image:
        grey = as_image(cv2.cvtColor(as_image(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)), cv2.COLOR_GRAY2RGB))
        return as_image(cv2.addWeighted(image, left, grey, 1.0 - left, 0.0))

    return render


JPEG = of_pixels("jpeg", "digital", "strong JPEG compression", _jpeg)
BLOCKING = of_pixels("blocking", "digital", "a starved video codec such as H.264: coarse blocks that lag", _blocking)
PIXELATE = of_pixels("pixelate", "digital", "large pixels", _pixelate)
COLOUR_CAST = of_pixels("colour_cast", "digital", "a wrong white balance", _cast)
GREY = of_pixels("grey", "digital", "colours that fade to grey", _grey)
