"""One answer of the network in plain numbers: where the target is in the image, and where to look for it next.

The same bits as :meth:`STDTrack.decode` and array operations give, which take thirty times as long for four numbers.
"""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from evalkit.types import Box, Image
from stdtrack.configs import OnlineConfig
from stdtrack.model import FrameOutput


def on_host(output: FrameOutput) -> FrameOutput:
    """The same predictions in the CPU's memory, copied from a device at once: each copy would wait for it anew."""
    if output.score.device.type == "cpu":
        return output
    tensors = [getattr(output, field.name) for field in fields(output)]
    pieces = (
        torch.cat([tensor.flatten() for tensor in tensors])
        .cpu()
        .split_with_sizes([tensor.numel() for tensor in tensors])
    )
    return FrameOutput(*(piece.view(tensor.shape) for piece, tensor in zip(pieces, tensors, strict=True)))


def peak_box(output: FrameOutput, window_HW: Tensor, row: int = 0) -> NDArray[np.float64]:
    """(4,) cx, cy, w, h at the score map's peak, in [0, 1] of the crop: float64 of the float32 values of ``decode``.

    Args:
        output: on the CPU.
        window_HW: factors on the score map, as :meth:`STDTrack.decode` takes them.
        row: of which of the search crops.
    """
    H, W = window_HW.shape
    y, x = divmod(int((torch.sigmoid(output.score[row]) * window_HW).argmax()), W)
    (dx, dy), (w, h) = output.offset[row, :, y, x].numpy(), output.size[row, :, y, x].numpy()
    return np.array(
        ((np.float32(x) + dx) / np.float32(W), (np.float32(y) + dy) / np.float32(H), w, h), dtype=np.float64
    )


def next_box(last: Box, found: Box, quality: float, image: Image, online: OnlineConfig) -> Box:
    """The box to search around next: its size smoothed by quality, its centre kept inside the image.

    Args:
        last: (4,) x, y, w, h that was searched around.
        found: (4,) the network's answer in the image.
        quality: predicted IoU of the answer, in [0, 1].
    """
    if quality < online.lost_quality:
        return last
    rate = (1.0 - online.size_smoothing) * quality
    (x, y, w, h), (_, _, last_w, last_h) = found.tolist(), last.tolist()
    height, width = image.shape[:2]
    next_w = _within((1.0 - rate) * last_w + rate * w, 1.0, width)
    next_h = _within((1.0 - rate) * last_h + rate * h, 1.0, height)
    cx, cy = _within(x + w / 2, 0.0, width), _within(y + h / 2, 0.0, height)
    return np.array((cx - next_w / 2, cy - next_h / 2, next_w, next_h))


def visible_part(box: Box, image: Image) -> Box:
    """The box (x, y, w, h) cut to the image, at least one pixel wide and high."""
    (x, y, w, h), (height, width) = box.tolist(), image.shape[:2]
    left, top = _within(x, 0.0, width - 1.0), _within(y, 0.0, height - 1.0)
    right, bottom = _within(x + w, left + 1.0, width), _within(y + h, top + 1.0, height)
    return np.array((left, top, right - left, bottom - top))


def _within(value: float, least: float, most: float) -> float:
    """As ``numpy.clip``: NaN stays NaN."""
    return min(max(value, least), most)
