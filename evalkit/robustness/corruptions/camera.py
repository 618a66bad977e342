"""What happens to a stream: a hand that shakes, a shutter that rolls, frames that are lost or late."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from evalkit.robustness.corruptions.base import Clip, Read, Render, of_motion, of_order
from evalkit.robustness.corruptions.pixels import as_image, translation, warped
from evalkit.types import Boxes, Image, Vector

SHAKE = (0.04, 0.08, 0.14, 0.22, 0.32)
"""Amplitude in sides of the target."""
WOBBLE = (0.05, 0.09, 0.14, 0.20, 0.28)
"""Amplitude of a row's displacement, in sides of the target."""
LOST = (0.10, 0.20, 0.35, 0.50, 0.65)
"""Share of frames."""
LATEST = (2, 3, 5, 8, 12)
"""Frames that a stream with duplicates falls behind before it catches up."""
HELD = (2, 3, 4, 6, 8)
"""Frames for which one is shown."""
FROZEN = (5, 10, 15, 24, 36)
"""Frames of a freeze; two in three frames are not frozen."""


def _sway(clip: Clip, level: int) -> Boxes:
    """(N, 2) a path of the camera: three waves an axis, from slow to quick."""
    rng, time = clip.rng("shake"), np.arange(len(clip))[:, None]
    waves = [
        np.sin(rng.uniform(*rates, 2) * time + rng.uniform(0, 2 * np.pi, 2)) * share
        for rates, share in (((0.1, 0.25), 0.5), ((0.5, 0.9), 0.35), ((1.4, 2.2), 0.3))
    ]
    path: Boxes = SHAKE[level - 1] * clip.target_side * np.sum(waves, axis=0)
    return path


def _shake(clip: Clip, level: int) -> Render:
    path = _sway(clip, level)

    def render(image: Image, index: int, read: Read) -> Image:
        return warped(image, translation(*path[index].tolist()))

    return render


def _shaken(clip: Clip, level: int, heights: Vector) -> Boxes:
    return _sway(clip, level)


def _row_shift(clip: Clip, level: int, time: Vector, heights: Vector) -> Vector:
    """How far a row is displaced to the right while the shutter rolls over a camera that trembles."""
    rng = clip.rng("rolling")
    period, rate, phase = clip.target_side * rng.uniform(5.0, 8.0), rng.uniform(0.5, 1.1), rng.uniform(0, 2 * np.pi)
    shift: Vector = WOBBLE[level - 1] * clip.target_side * np.sin(2 * np.pi * heights / period + rate * time + phase)
    return shift


def _rolling(clip: Clip, level: int) -> Render:
    def render(image: Image, index: int, read: Read) -> Image:
        height, width = image.shape[:2]
        rows = np.arange(height, dtype=np.float64)
        shift = _row_shift(clip, level, np.full(height, float(index)), rows + 0.5)
        x = (np.arange(width)[None, :] - shift[:, None]).astype(np.float32)
        y = np.broadcast_to(rows[:, None].astype(np.float32), (height, width))
        return as_image(cv2.remap(image, x, np.ascontiguousarray(y), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))

    return render


def _rolled(clip: Clip, level: int, heights: Vector) -> Boxes:
    across = _row_shift(clip, level, np.arange(len(clip), dtype=np.float64), heights)
    return np.stack([across, np.zeros(len(clip))], axis=1)


def _drops(clip: Clip, level: int) -> NDArray[np.intp]:
    lost = clip.rng("drops").random(len(clip)) < LOST[level - 1]
    lost[:1] = False
    return np.maximum.accumulate(np.where(lost, 0, np.arange(len(clip))))


def _duplicates(clip: Clip, level: int) -> NDArray[np.intp]:
    """Frames shown twice let the stream fall behind; then it leaves frames out until it is on time."""
    rng, lag, lags = clip.rng("duplicates"), 0, []
    for _ in range(len(clip)):
        lags.append(lag)
        lag = 0 if lag >= LATEST[level - 1] else lag + int(rng.random() < 0.5)
    return np.maximum(np.arange(len(clip)) - np.array(lags, dtype=np.intp), 0)


def _held(clip: Clip, level: int) -> NDArray[np.intp]:
    index = np.arange(len(clip))
    return index - index % HELD[level - 1]


def _freeze(clip: Clip, level: int) -> NDArray[np.intp]:
    index, length = np.arange(len(clip)), FROZEN[level - 1]
    within = (index + int(clip.rng("freeze").integers(2 * length))) % (3 * length)
    began = index - (within - 2 * length)
    return np.maximum(np.where(within >= 2 * length, began, index), 0)


ROLLING_SHUTTER = of_motion("rolling_shutter", "camera", "rows displaced by a shutter that rolls", _rolling, _rolled)
SHAKING = of_motion("shake", "camera", "a camera that shakes", _shake, _shaken)
FRAME_DROPS = of_order("frame_drops", "camera", "lost frames, the one before shown again", _drops)
FRAME_DUPLICATES = of_order("frame_duplicates", "camera", "frames shown twice, then some left out", _duplicates)
LOW_FRAME_RATE = of_order("low_frame_rate", "camera", "every frame held for several", _held)
FREEZE = of_order("freeze", "camera", "a picture that freezes, then jumps", _freeze)
