"""Painting of convex outlines with soft edges, and the blur of what moves while the shutter is open."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from evalkit.benchmarks.synthetic.backdrops import Picture
from evalkit.benchmarks.synthetic.bodies import Patch, Points, bounds

FINER = 3
"""Outlines are filled on a grid so much finer than the pixels."""


@dataclass(frozen=True)
class Layer:
    """A body's picture alone: (h, w, 4) colours times coverage, and coverage from 0 to 1, at whole pixels."""

    left: int
    top: int
    pixels: NDArray[np.float32]


def layer_of(patches: list[Patch], motion: Points) -> Layer:
    """Paint outlines from back to front, blurred along (2,) pixels of motion."""
    reach = np.ceil(np.abs(motion) / 2) + 1
    x, y, w, h = bounds(patches)
    left, top = np.floor(np.array([x, y]) - reach).astype(int)
    right, bottom = np.ceil(np.array([x + w, y + h]) + reach).astype(int)
    fine = np.zeros(((bottom - top) * FINER, (right - left) * FINER, 4), np.uint8)
    for patch in patches:
        corners = np.rint((patch.outline - [left, top]) * FINER * 16 - 8).astype(np.int32)
        cv2.fillConvexPoly(fine, corners, (*np.clip(patch.colour, 0, 255).tolist(), 255), cv2.LINE_8, 4)
    pixels = cv2.resize(fine, (right - left, bottom - top), interpolation=cv2.INTER_AREA).astype(np.float32)
    pixels[..., 3] /= 255.0
    return Layer(int(left), int(top), smear(pixels, motion, cv2.BORDER_CONSTANT))


def smear(pixels: NDArray[np.float32], motion: Points, border: int) -> NDArray[np.float32]:
    """Blur along a line as long as the motion."""
    length = float(np.hypot(*motion))
    if length < 1.0:
        return pixels
    half = int(np.ceil(np.abs(motion).max() / 2))
    kernel = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
    for part in np.linspace(-0.5, 0.5, 2 * int(np.ceil(length)) + 1):
        (x, y), (column, row) = half + part * motion, np.floor(half + part * motion).astype(int)
        for i, share_y in ((row, 1 - (y - row)), (row + 1, y - row)):
            for j, share_x in ((column, 1 - (x - column)), (column + 1, x - column)):
                if share_y * share_x > 0:
                    kernel[i, j] += share_y * share_x
    return np.asarray(cv2.filter2D(pixels, -1, kernel / kernel.sum(), borderType=border), np.float32)


def lay(canvas: Picture, layer: Layer) -> NDArray[np.float32]:
    """Put a layer on a picture, in place; returns the (H, W) coverage within it."""
    height, width = canvas.shape[:2]
    coverage = np.zeros((height, width), np.float32)
    rows, columns = layer.pixels.shape[:2]
    top, left = max(layer.top, 0), max(layer.left, 0)
    bottom, right = min(layer.top + rows, height), min(layer.left + columns, width)
    if top < bottom and left < right:
        part = layer.pixels[top - layer.top : bottom - layer.top, left - layer.left : right - layer.left]
        canvas[top:bottom, left:right] *= 1.0 - part[..., 3:]
        canvas[top:bottom, left:right] += part[..., :3]
        coverage[top:bottom, left:right] = part[..., 3]
    return coverage
