"""Noise that stays within a bound, and the frames that carry it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evalkit.benchmarks.variations import Setting
from evalkit.robustness.quality import SAME, psnr, ssim
from evalkit.types import Box, Image

BOUNDS = (2, 4, 8, 12, 16)
"""Largest change of a value, of 255, at severities 1 to 5."""
SEVERITIES = range(1, len(BOUNDS) + 1)
Noise = NDArray[np.float32]
"""(H, W, 3), in units of 1/255."""


def bound_of(setting: Setting) -> int:
    """The L-infinity bound of a severity, in 1/255."""
    return BOUNDS[setting.level - 1]


def cell_of(box: Box) -> int:
    """Side of a noise cell in pixels: an eighth of the target's, as finer noise is lost where trackers resize."""
    return max(1, round(float(np.sqrt(max(box[2] * box[3], 1.0))) / 8.0))


def signs(height: int, width: int, cell: int, rng: np.random.Generator) -> Noise:
    """(H, W, 3) of -1 and 1, equal within square cells."""
    return np.where(in_cells(height, width, cell, rng) < 0, np.float32(-1.0), np.float32(1.0))


def in_cells(height: int, width: int, cell: int, rng: np.random.Generator) -> Noise:
    """(H, W, 3) of a normal distribution, equal within square cells."""
    small = rng.standard_normal((-(-height // cell), -(-width // cell), 3), dtype=np.float32)
    return np.repeat(np.repeat(small, cell, axis=0), cell, axis=1)[:height, :width]


def window_around(box: Box, image: Image, factor: float) -> tuple[slice, slice]:
    """Rows and columns of the square about a box, ``factor`` times sqrt(w h) wide, within the image; never empty."""
    reach = factor * float(np.sqrt(max(box[2] * box[3], 1.0))) / 2
    parts = []
    for middle, limit in ((box[1] + box[3] / 2, image.shape[0]), (box[0] + box[2] / 2, image.shape[1])):
        low = int(np.clip(np.floor(middle - reach), 0, limit - 1))
        parts.append(slice(low, int(np.clip(np.ceil(middle + reach), low + 1, limit))))
    return parts[0], parts[1]


def with_noise(image: Image, noise: NDArray[np.floating], window: tuple[slice, slice]) -> Image:
    """A copy of the image with noise added in a window, rounded to whole values and clipped to 0 to 255."""
    changed = image.copy()
    changed[window] = np.clip(image[window].astype(np.float32) + np.rint(noise), 0, 255).astype(np.uint8)
    return changed


class Measured:
    """What every attack reports of its last frame."""

    def __init__(self) -> None:
        self._figures = {"psnr": SAME, "ssim": 1.0, "queries": 0.0}

    def measure(self, clean: Image, changed: Image, queries: int) -> None:
        """Compare the frame as it was with the one that the tracker is given."""
        same = clean is changed
        self._figures = {
            "psnr": SAME if same else psnr(clean, changed),
            "ssim": 1.0 if same else ssim(clean, changed),
            "queries": float(queries),
        }

    def measures(self) -> dict[str, float]:
        """``psnr`` in dB, ``ssim``, and ``queries`` of the tracker or of its network."""
        return self._figures
