"""Batch norm with statistics, scale and shift that never change: buffers, not parameters."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class FrozenBatchNorm2d(nn.Module):
    """As ``nn.BatchNorm2d`` in evaluation mode."""

    weight: Tensor
    bias: Tensor
    running_mean: Tensor
    running_var: Tensor

    def __init__(self, channels: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        for name, value in (("weight", 1.0), ("bias", 0.0), ("running_mean", 0.0), ("running_var", 1.0)):
            self.register_buffer(name, torch.full((channels,), value))

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C, H, W)."""
        return F.batch_norm(x_BCHW, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps)
