"""Changes to pixels: the same for all frames of a clip where they must be, small ones frame by frame."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from evalkit.types import Image
from stdtrack.training.config import AugmentConfig


@dataclass(frozen=True)
class Colour:
    """A change of colour: ``gains`` (3,) multiply the channels, ``offset`` is added, ``saturation`` mixes with grey."""

    gains: np.ndarray
    offset: float
    saturation: float


def as_image(pixels: np.ndarray) -> Image:
    """What OpenCV returns for a uint8 image is one, though its stubs do not say so."""
    return pixels.astype(np.uint8, copy=False)


def draw_colour(strength: float, rng: np.random.Generator) -> Colour:
    """Brightness, contrast, saturation and a slight cast, each up to ``strength``."""
    contrast = 1 + rng.uniform(-strength, strength)
    cast = 1 + rng.uniform(-strength, strength, size=3) / 3
    brightness = 128 * rng.uniform(-strength, strength)
    return Colour(contrast * cast, 128 * (1 - contrast) + brightness, 1 + rng.uniform(-strength, strength))


def combine(first: Colour, second: Colour) -> Colour:
    """Both changes in one: close to applying them in order, with one pass over the pixels."""
    return Colour(
        first.gains * second.gains, first.offset + second.offset, max(0.0, first.saturation * second.saturation)
    )


def apply_colour(image: Image, colour: Colour) -> Image:
    """A changed copy of an RGB image."""
    levels = np.arange(256, dtype=np.float64)[:, None] * colour.gains + colour.offset
    table = np.clip(np.rint(levels), 0, 255).astype(np.uint8).reshape(256, 1, 3)
    return mix_with_grey(as_image(cv2.LUT(image, table)), colour.saturation)


def mix_with_grey(image: Image, saturation: float) -> Image:
    """``saturation`` 0 gives a grey image of three equal channels, 1 the image itself, above 1 stronger colours."""
    grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return as_image(cv2.addWeighted(image, saturation, grey, 1 - saturation, 0))


def motion_kernel(length: int, angle: float) -> np.ndarray:
    """(L, L) line through the middle at ``angle`` radians, summing to 1: the blur of a moving camera."""
    kernel = np.zeros((length, length), dtype=np.float32)
    middle = (length - 1) / 2
    reach = np.array([np.cos(angle), np.sin(angle)]) * middle
    start, end = np.rint(middle - reach).astype(int), np.rint(middle + reach).astype(int)
    cv2.line(kernel, start.tolist(), end.tolist(), 1.0)
    normalised: np.ndarray = kernel / kernel.sum()
    return normalised


def blur(image: Image, rng: np.random.Generator) -> Image:
    """Out of focus, moving, or a lower resolution, with equal chances."""
    kind = rng.integers(3)
    if kind == 0:
        blurred = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.5, 1.8))
    elif kind == 1:
        blurred = cv2.filter2D(image, -1, motion_kernel(int(rng.integers(3, 10)), rng.uniform(0, np.pi)))
    else:
        height, width = image.shape[:2]
        factor = rng.uniform(0.35, 0.8)
        small = cv2.resize(
            image, (max(8, int(width * factor)), max(8, int(height * factor))), interpolation=cv2.INTER_AREA
        )
        blurred = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    return as_image(blurred)


def noise(image: Image, rng: np.random.Generator) -> Image:
    """Gaussian noise of 2 to 12 grey levels."""
    grain = rng.standard_normal(image.shape, dtype=np.float32) * rng.uniform(2, 12)
    return np.clip(image + grain, 0, 255).astype(np.uint8)


def augment_clip(images: list[Image], config: AugmentConfig, rng: np.random.Generator) -> list[Image]:
    """Colour and grey of the whole clip with a small drift between frames; blur and noise frame by frame."""
    whole = draw_colour(config.colour, rng)
    if rng.random() < config.grey:
        whole = Colour(np.full(3, whole.gains.mean()), whole.offset, 0.0)
    changed = []
    for image in images:
        colour = combine(whole, draw_colour(config.drift, rng))
        image = apply_colour(image, colour)
        if rng.random() < config.blur:
            image = blur(image, rng)
        if rng.random() < config.noise:
            image = noise(image, rng)
        changed.append(image)
    return changed


def paste(image: Image, patch: Image, alpha: np.ndarray, left: int, top: int) -> None:
    """Blend ``patch`` (h, w, 3) with ``alpha`` (h, w) in [0, 1] into ``image`` in place; parts outside are dropped."""
    height, width = image.shape[:2]
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + patch.shape[1], width), min(top + patch.shape[0], height)
    if x0 >= x1 or y0 >= y1:
        return
    inside = np.s_[y0 - top : y1 - top, x0 - left : x1 - left]
    share = alpha[inside].astype(np.float32)[..., None]
    under = image[y0:y1, x0:x1]
    under[:] = np.rint(under + (patch[inside].astype(np.float32) - under) * share).astype(np.uint8)


def soft_shape(width: int, height: int, rng: np.random.Generator) -> np.ndarray:
    """(height, width) alpha of an ellipse, a rounded rectangle or an uneven polygon with soft edges."""
    mask = np.zeros((height, width), dtype=np.float32)
    kind = rng.integers(3)
    if kind == 0:
        cv2.ellipse(
            mask, (width // 2, height // 2), (max(width // 2 - 1, 1), max(height // 2 - 1, 1)), 0, 0, 360, 1.0, -1
        )
    elif kind == 1:
        cv2.rectangle(mask, (1, 1), (width - 2, height - 2), 1.0, -1)
    else:
        angles = (np.arange(9) + rng.uniform(-0.4, 0.4, size=9)) * (2 * np.pi / 9)
        radii = rng.uniform(0.65, 1.0, size=9)
        points = np.stack(
            [np.cos(angles) * radii * width / 2 + width / 2, np.sin(angles) * radii * height / 2 + height / 2], 1
        )
        cv2.fillPoly(mask, [np.rint(points).astype(np.int32)], 1.0)
    return cv2.GaussianBlur(mask, (0, 0), 0.8)
