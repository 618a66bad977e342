"""Does a confidence of 0.8 mean an IoU of 0.8: reliability by bins, and the expected calibration error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalkit.types import Vector

BINS = 10
"""Of equal width over [0, 1]."""


@dataclass(frozen=True)
class Reliability:
    """Frames by confidence.

    Attributes:
        low, high: (B,) ends of the bins; a confidence of ``high`` belongs to the next bin, 1 to the last.
        frames: (B,) how many fall in.
        confidence, overlap: (B,) their means; NaN in an empty bin.
    """

    low: Vector
    high: Vector
    frames: NDArray[np.int64]
    confidence: Vector
    overlap: Vector

    @property
    def error(self) -> float:
        """Expected calibration error: the mean over the frames of their bin's |mean overlap - mean confidence|.

        Guo et al., On Calibration of Modern Neural Networks, 2017, with the IoU in the place of the accuracy.
        """
        gaps = np.abs(np.nan_to_num(self.overlap - self.confidence))
        return float((gaps * self.frames).sum() / self.frames.sum())


def reliability(confidence: Vector, overlap: Vector, bins: int = BINS) -> Reliability:
    """Mean overlap by bins of the confidence.

    Args:
        confidence: (N,) in [0, 1], N at least 1.
        overlap: (N,) IoU of the same frames.

    Raises:
        ValueError: a confidence is outside of [0, 1], or there is none.

    >>> found = reliability(np.array([0.95, 0.85, 0.15]), np.array([0.75, 0.75, 0.35]))
    >>> round(found.error, 6), found.frames.tolist()
    (0.166667, [0, 1, 0, 0, 0, 0, 0, 0, 1, 1])
    """
    if not len(confidence) or not ((confidence >= 0) & (confidence <= 1)).all():
        raise ValueError("confidences of one frame or more, from 0 to 1")
    edges = np.linspace(0.0, 1.0, bins + 1)
    index = np.clip(np.searchsorted(edges, confidence, side="right") - 1, 0, bins - 1)
    frames = np.bincount(index, minlength=bins)
    sums = [np.bincount(index, weights=values, minlength=bins) for values in (confidence, overlap)]
    means = np.full((2, bins), np.nan)
    np.divide(sums, frames, out=means, where=frames > 0)
    return Reliability(edges[:-1], edges[1:], frames, means[0], means[1])
