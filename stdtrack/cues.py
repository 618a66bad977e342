"""Cues: what one answer of the network says of whether it still sees its target. Pure functions on arrays."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from stdtrack.model import FrameOutput, TrackState

Array = NDArray[np.float32]

LARGEST = 8.0
"""Log-odds and differences of them are cut at this."""


class Cues(NamedTuple):
    """What one frame says of the target; NaN where a cue has no meaning.

    Attributes:
        quality: log-odds of the predicted IoU.
        peak: log-odds of the score map's highest cell.
        margin: by how much it exceeds the highest cell outside of the predicted box around it.
        entropy: of the score map's softmax, over that of a flat map.
        motion: log(1 + the centre's distance from the window's, in target sizes).
        resize: absolute log of the new size over the old one, size being the square root of the area.
        first: cosine of the frame's token and the first one.
        stored: the greatest cosine of the frame's token and one in the STM before this frame.
    """

    quality: float
    peak: float
    margin: float
    entropy: float
    motion: float
    resize: float
    first: float
    stored: float


def map_cues(score_HW: Array, width: float, height: float) -> tuple[float, float, float]:
    """Peak, margin and entropy of a score map.

    Args:
        score_HW: its logits.
        width, height: of the predicted box, in fractions of the crop; half of it to each side of the peak is the
            first peak's neighbourhood, at least one cell.
    """
    H, W = score_HW.shape
    y, x = divmod(int(score_HW.argmax()), W)
    peak = float(score_HW[y, x])
    across, down = max(1, math.ceil(width * W / 2)), max(1, math.ceil(height * H / 2))
    rest_HW = score_HW - score_HW[y, x]
    weight_HW = np.exp(rest_HW)
    total = float(weight_HW.sum())
    entropy = math.log(total) - float(np.vdot(weight_HW, rest_HW)) / total
    rest_HW[max(y - down, 0) : y + down + 1, max(x - across, 0) : x + across + 1] = -LARGEST
    margin = min(-float(rest_HW.max()), LARGEST)
    return _limited(peak), margin, entropy / math.log(H * W) if H * W > 1 else 0.0


def token_cues(token_C: Array, stored_MC: Array, valid_M: NDArray[np.bool_]) -> tuple[float, float]:
    """Cosine of a token with the first of the stored ones, and its greatest with any of them."""
    lengths_M = np.sqrt(np.einsum("mc,mc->m", stored_MC, stored_MC))
    cosine_M = (stored_MC @ token_C) / (lengths_M * math.sqrt(float(token_C @ token_C)) + 1e-12)
    return float(cosine_M[0]), float(np.where(valid_M, cosine_M, -1.0).max())


def jump_cues(box: NDArray[np.float64], factor: float) -> tuple[float, float]:
    """Motion and resize of a box cx, cy, w, h in fractions of a window that is ``factor`` old sizes wide.

    >>> jump_cues(np.array([0.5, 0.5, 0.25, 0.25]), 4.0)
    (0.0, 0.0)
    """
    cx, cy, w, h = box.tolist()
    motion = math.log1p(factor * math.hypot(cx - 0.5, cy - 0.5))
    return motion, min(abs(math.log(max(factor * math.sqrt(max(w * h, 0.0)), 1e-6))), LARGEST)


def frame_cues(
    output: FrameOutput,
    before: TrackState,
    after: TrackState,
    box: NDArray[np.float64],
    *,
    factor: float | None,
    row: int = 0,
) -> Cues:
    """The cues of one answer.

    Args:
        output: of a batch of search crops.
        before, after: the states around it.
        box: (4,) the decoded cx, cy, w, h in fractions of the crop.
        factor: side of the crop in sizes of the target before; None where the target was not in the window's middle,
            so that motion and size say nothing.
        row: of the batch.
    """
    if not all(map(math.isfinite, box.tolist())):  # of weights that answer with no numbers
        box = np.zeros(4)
    motion, resize = (math.nan, math.nan) if factor is None else jump_cues(box, factor)
    first, stored = math.nan, math.nan
    if before.memory is not None and after.token_BC is not None:
        memory = before.memory
        token_C, stored_MC = _array(after.token_BC[row]), _array(memory.token_BMC[row])
        first, stored = token_cues(token_C, stored_MC, memory.valid_BM[row].cpu().numpy())
    quality, shape = _limited(float(output.quality[row])), map_cues(_array(output.score[row, 0]), box[2], box[3])
    return Cues(quality, *shape, motion, resize, first, stored)


def _array(tensor: Tensor) -> Array:
    array: Array = tensor.float().cpu().numpy()
    return array


def _limited(odds: float) -> float:
    return min(max(odds, -LARGEST), LARGEST)
