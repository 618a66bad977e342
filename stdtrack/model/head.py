"""From search tokens to score, offset and size maps: the neck, the token's gate, and the multi-scale head.

*Paper*: a multi-scale prediction head of several branches in training, folded into a simpler one for inference.
*Ours*: the branches (1 x 1, 3 x 3, 5 x 5, each with batch norm, summed), the towers and the gate's form.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stdtrack.configs import ModelConfig
from stdtrack.model.stem import LAYOUTS

TOWERS = 3


class Branch(nn.Module):
    """A convolution and its batch norm."""

    def __init__(self, dim_in: int, dim_out: int, kernel: int, groups: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(dim_in, dim_out, kernel, padding=kernel // 2, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(dim_out)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """(B, C_in, H, W) -> (B, C_out, H, W)."""
        y_BCHW: Tensor = self.norm(self.conv(x_BCHW))
        return y_BCHW

    def folded(self, kernel: int) -> tuple[Tensor, Tensor]:
        """Weight, padded with zeros to ``kernel``, and bias of the convolution that does the same in evaluation."""
        norm = self.norm
        mean, variance = cast("Tensor", norm.running_mean), cast("Tensor", norm.running_var)
        scale = norm.weight / torch.sqrt(variance + norm.eps)
        margin = (kernel - self.conv.kernel_size[0]) // 2
        weight = F.pad(self.conv.weight * scale[:, None, None, None], [margin] * 4)
        return weight, norm.bias - mean * scale


class MultiScaleConv(nn.Module):
    """Parallel convolutions of several kernels, batch-normalised and summed; one convolution when folded."""

    def __init__(self, dim_in: int, dim_out: int, kernels: Sequence[int], groups: int = 1) -> None:
        super().__init__()
        self.dims, self.kernel, self.groups = (dim_in, dim_out), max(kernels), groups
        self.branches = nn.ModuleList(Branch(dim_in, dim_out, kernel, groups) for kernel in kernels)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """(B, C_in, H, W) -> (B, C_out, H, W), before the activation."""
        return torch.stack([branch(x_BCHW) for branch in self.branches]).sum(0)

    @torch.no_grad()
    def folded(self) -> nn.Conv2d:
        """The same function, in evaluation mode, as one convolution of the largest kernel."""
        weights, biases = zip(*(cast("Branch", branch).folded(self.kernel) for branch in self.branches), strict=True)
        conv = nn.Conv2d(*self.dims, self.kernel, padding=self.kernel // 2, groups=self.groups)
        conv.weight = nn.Parameter(torch.stack(weights).sum(0))
        conv.bias = nn.Parameter(torch.stack(biases).sum(0))
        return conv


class Neck(nn.Module):
    """Tokens back to a map at the head's stride, joined with the stem's stride-8 features where the head uses them."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.grid = config.search_grid
        self.coarse = nn.Conv2d(config.dim, config.head_dim, 1)
        self.fine = nn.Conv2d(LAYOUTS[config.stem].fine_dim, config.head_dim, 1) if config.head_stride == 8 else None

    def forward(self, search_BNC: Tensor, fine_BCHW: Tensor | None) -> Tensor:
        """(B, N, C) and (B, C_fine, H/8, W/8) or None -> (B, C_head, H/stride, W/stride)."""
        B, _, C = search_BNC.shape
        map_BCGG: Tensor = self.coarse(search_BNC.transpose(1, 2).reshape(B, C, self.grid, self.grid))
        if self.fine is None or fine_BCHW is None:
            return map_BCGG
        up_BCHW = F.interpolate(map_BCGG, scale_factor=2.0, mode="bilinear", align_corners=False)
        fine: Tensor = self.fine(fine_BCHW)
        return up_BCHW + fine


class Gate(nn.Module):
    """The token weighs the search features: by place (its correlation with a cell) and by channel."""

    def __init__(self, dim: int, head_dim: int) -> None:
        super().__init__()
        self.place = nn.Linear(dim, head_dim)
        self.channel = nn.Linear(dim, head_dim)

    def forward(self, map_BCHW: Tensor, token_BC: Tensor) -> Tensor:
        """(B, C_head, H, W) features and (B, C) token -> features times weights in (0, 2)."""
        B, C, H, W = map_BCHW.shape
        place_B1C = self.place(token_BC)[:, None] * C**-0.5
        place_B1HW = (place_B1C @ map_BCHW.flatten(2)).view(B, 1, H, W)
        logit_BCHW = place_B1HW + self.channel(token_BC)[:, :, None, None]
        return map_BCHW * (2.0 * torch.sigmoid(logit_BCHW))


class Head(nn.Module):
    """One shared block, then three towers (score, offset, size) that run side by side as groups of one convolution."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        kernels = config.head_kernels if config.multi_scale else config.head_kernels[-1:]
        blocks: list[nn.Module] = [MultiScaleConv(config.head_dim, config.head_dim, kernels)]
        dim_in, groups = config.head_dim, 1
        for dim in config.tower_dims:
            blocks.append(MultiScaleConv(dim_in, TOWERS * dim, kernels, groups))
            dim_in, groups = TOWERS * dim, TOWERS
        self.blocks = nn.ModuleList(blocks)
        self.score, self.offset, self.size = (nn.Conv2d(config.tower_dims[-1], maps, 1) for maps in (1, 2, 2))
        # At the start: hardly a target anywhere (as the focal loss wants), and boxes of the usual size.
        nn.init.constant_(cast("Tensor", self.score.bias), -4.0)
        nn.init.constant_(cast("Tensor", self.size.bias), -math.log(config.search_factor - 1.0))

    def forward(self, map_BCHW: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(B, C, H, W) -> score logits (B, 1, H, W), offsets in cells (B, 2, H, W), sizes (B, 2, H, W) of the crop."""
        for block in self.blocks:
            map_BCHW = F.relu(block(map_BCHW), inplace=True)
        score_BCHW, offset_BCHW, size_BCHW = map_BCHW.chunk(TOWERS, dim=1)
        return (
            self.score(score_BCHW),
            # Up to a cell beyond its own: the cells around the centre agree on it, so the peak may fall on any of them.
            3.0 * torch.sigmoid(self.offset(offset_BCHW)) - 1.0,
            torch.sigmoid(self.size(size_BCHW)),
        )
