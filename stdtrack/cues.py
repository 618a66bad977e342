"""Cues: what one answer of the network says of whether it still sees its target. Pure functions on arrays."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stdtrack.model import FrameOutput

LARGEST = 8.0
"""Log-odds are cut at this."""


class Cues(NamedTuple):
    """What one frame says of the target.

    Attributes:
        quality: log-odds of the predicted IoU.
        entropy: of the score map's softmax, over that of a flat map: small where it has one sharp peak.
    """

    quality: float
    entropy: float


def entropy(score_HW: NDArray[np.float32]) -> float:
    """Entropy of the softmax of a score map's logits over that of a flat map, 0 to 1; 0 for a single cell.

    >>> round(entropy(np.zeros((4, 4), np.float32)), 6)
    1.0
    """
    rest_HW = score_HW - score_HW.max()
    weight_HW = np.exp(rest_HW)
    total = float(weight_HW.sum())
    nats = math.log(total) - float(np.vdot(weight_HW, rest_HW)) / total
    return nats / math.log(score_HW.size) if score_HW.size > 1 else 0.0


def frame_cues(output: FrameOutput, row: int = 0) -> Cues:
    """The cues of one answer, a row of a batch of search crops."""
    quality = float(output.quality[row])
    return Cues(min(max(quality, -LARGEST), LARGEST), entropy(output.score[row, 0].float().cpu().numpy()))
