"""One target's answer as numbers: what :meth:`STDTrack.decode` says of it, bit for bit, without its dozen tensors."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

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


def peak_box(output: FrameOutput, window_HW: Tensor) -> NDArray[np.float64]:
    """(4,) cx, cy, w, h at the score map's peak, in [0, 1] of the crop: float64 of the float32 values of ``decode``.

    Args:
        output: of one search crop, on the CPU.
        window_HW: factors on the score map, as :meth:`STDTrack.decode` takes them.
    """
    H, W = window_HW.shape
    y, x = divmod(int((torch.sigmoid(output.score) * window_HW).argmax()), W)
    (dx, dy), (w, h) = output.offset[0, :, y, x].numpy(), output.size[0, :, y, x].numpy()
    return np.array(
        ((np.float32(x) + dx) / np.float32(W), (np.float32(y) + dy) / np.float32(H), w, h), dtype=np.float64
    )
