"""The blocks of AsymTrack: two that every image passes, and two in which the search sees the template.

Maps lie channels last, x_BHWC.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stdtrack.peers.blocks import Attention, Mlp

HEADS, HEAD_WIDTH = 8, 32
"""Of the one attention."""
BRANCHES, TAPS = 3, 3
"""Convolutions of an object perception; the filter along the channels of a template modulation."""


class Downsample(nn.Module):
    """A strided convolution and a layer norm over the channels."""

    def __init__(self, dim_in: int, dim_out: int, kernel: int = 3, stride: int = 2) -> None:
        super().__init__()
        self.proj = nn.Conv2d(dim_in, dim_out, kernel, stride, kernel // 2)
        self.norm = nn.LayerNorm(dim_out)

    def forward(self, x_BHWC: Tensor) -> Tensor:
        """(B, H, W, C_in) -> (B, H / stride, W / stride, C_out)."""
        y_BHWC: Tensor = self.norm(_channels_last(self.proj, x_BHWC))
        return y_BHWC


def _channels_last(convolution: Callable[[Tensor], Tensor], x_BHWC: Tensor) -> Tensor:
    """(B, H, W, C_in) -> (B, H', W', C_out)."""
    return convolution(x_BHWC.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)


class Context(nn.Module):
    """What surrounds a cell: a depthwise 7 x 7 convolution between two linear layers."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.f = nn.Linear(dim, dim)
        self.g = nn.Linear(dim, dim)
        self.context_list = nn.Sequential(nn.Conv2d(dim, dim, 7, padding=3, groups=dim), nn.GELU())

    def forward(self, x_BHWC: Tensor) -> Tensor:
        """(B, H, W, C) -> (B, H, W, C)."""
        y_BHWC: Tensor = self.g(_channels_last(self.context_list, self.f(x_BHWC)))
        return y_BHWC


class Modulation(nn.Module):
    """An MLP whose hidden channels are weighed by the context, repeated as often as they are wider."""

    def __init__(self, dim: int, ratio: int) -> None:
        super().__init__()
        self.ratio = ratio
        self.fc1 = nn.Linear(dim, ratio * dim)
        self.context_layer = Context(dim)
        self.fc2 = nn.Linear(ratio * dim, dim)

    def forward(self, x_BHWC: Tensor) -> Tensor:
        """(B, H, W, C) -> (B, H, W, C)."""
        hidden: Tensor = self.fc1(x_BHWC)
        context_BHWC = self.context_layer(x_BHWC)
        if self.ratio > 1:
            hidden, context_BHWC = F.gelu(hidden), context_BHWC.repeat(1, 1, 1, self.ratio)
        y_BHWC: Tensor = self.fc2(hidden * context_BHWC)
        return y_BHWC


class BasicBlock(nn.Module):
    """x + gamma * modulation(norm(x))."""

    def __init__(self, dim: int, ratio: int) -> None:
        super().__init__()
        self.gamma_1 = nn.Parameter(torch.ones(dim))
        self.norm = nn.LayerNorm(dim)
        self.mlp = Modulation(dim, ratio)

    def forward(self, x_BHWC: Tensor) -> Tensor:
        """(B, H, W, C) -> (B, H, W, C)."""
        y_BHWC: Tensor = x_BHWC + self.gamma_1 * self.mlp(self.norm(x_BHWC))
        return y_BHWC


class ObjectPerception(nn.Module):
    """x + scale * ReLU(norm(D(x))): D has three 3 x 3 branches, each less a share of its kernel's sum at the centre."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.theta = nn.Parameter(torch.zeros(1))
        self.ibe_scale = nn.Parameter(torch.ones(dim))
        self.rbr_conv = nn.ModuleList(nn.Conv2d(dim, dim, 3, padding=1, bias=False) for _ in range(BRANCHES))
        self.ln = nn.LayerNorm(dim)

    def forward(self, x_BHWC: Tensor) -> Tensor:
        """(B, H, W, C) -> (B, H, W, C)."""
        y_BHWC: Tensor = x_BHWC + self.ibe_scale * F.relu(self.ln(_channels_last(self.difference, x_BHWC)))
        return y_BHWC

    def difference(self, x_BCHW: Tensor) -> Tensor:
        """D: (B, C, H, W) -> (B, C, H, W)."""
        kernels = [branch.weight for branch in cast("Iterable[nn.Conv2d]", self.rbr_conv)]
        whole_BCHW = torch.stack([branch(x_BCHW) for branch in self.rbr_conv]).sum(0)
        centre_BCHW = torch.stack([F.conv2d(x_BCHW, kernel.sum((2, 3), keepdim=True)) for kernel in kernels]).sum(0)
        return whole_BCHW - self.theta.sigmoid() * centre_BCHW

    def folded(self) -> FoldedPerception:
        """The same with D as one convolution."""
        weight = torch.stack([branch.weight for branch in cast("Iterable[nn.Conv2d]", self.rbr_conv)]).sum(0)
        weight[:, :, 1, 1] -= self.theta.sigmoid() * weight.sum((2, 3))
        return FoldedPerception(weight, self.ibe_scale, self.ln)


class FoldedPerception(nn.Module):
    """:class:`ObjectPerception` as it is deployed."""

    def __init__(self, weight: Tensor, scale: nn.Parameter, norm: nn.LayerNorm) -> None:
        super().__init__()
        self.ibe_scale, self.ln = scale, norm
        dim = weight.shape[0]
        self.conv = nn.Conv2d(dim, dim, 3, padding=1, bias=False, device="meta")
        self.conv.weight = nn.Parameter(weight)

    def forward(self, x_BHWC: Tensor) -> Tensor:
        """(B, H, W, C) -> (B, H, W, C)."""
        y_BHWC: Tensor = x_BHWC + self.ibe_scale * F.relu(self.ln(_channels_last(self.conv, x_BHWC)))
        return y_BHWC


class Relation(nn.Module):
    """Filters and mixes the search's kernels by weights that the template's kernels give, row by row."""

    def __init__(self, dim: int, kernels: int) -> None:
        super().__init__()
        self.weight_linear = nn.Linear(dim, TAPS + kernels)
        self.norm = nn.LayerNorm(dim)

    def forward(self, search_BnC: Tensor, template_BnC: Tensor) -> Tensor:
        """Kernels (B, n, C) of search and template -> (B, n, C)."""
        taps_BnT, mix_Bnn = self.weight_linear(template_BnC).split((TAPS, search_BnC.shape[1]), dim=-1)
        # A filter of three taps along the channels.
        padded, C = F.pad(search_BnC, (1, 1)), search_BnC.shape[-1]
        shifted_BnCT = torch.stack([padded[..., start : start + C] for start in range(TAPS)], dim=-1)
        rows_BnC = F.relu((shifted_BnCT * taps_BnT[:, :, None]).sum(-1))
        y_BnC: Tensor = self.norm(mix_Bnn @ rows_BnC)
        return y_BnC


class TemplateModulation(nn.Module):
    """ETM: search and template each give C / 32 kernels; their relation weighs the search's cells.

    ``downsample`` and ``post_kernels`` are in the checkpoint and never used.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        kernels = dim // 32
        self.pre_kernels = nn.Linear(dim, kernels)
        self.pre_kernels_x = nn.Linear(dim, kernels)
        self.post_kernels: nn.Module | None = nn.Linear(kernels, dim)
        self.downsample: nn.Module | None = Downsample(dim, dim)
        self.proj_Cto1 = nn.Linear(dim, 1)
        self.ln = nn.LayerNorm(dim)
        self.conv_att = Relation(dim, kernels)

    def template_kernels(self, z_BHWC: Tensor) -> Tensor:
        """The template's map -> (B, n, C)."""
        share_BHWn: Tensor = self.pre_kernels(z_BHWC)
        return share_BHWn.flatten(1, 2).transpose(1, 2) @ z_BHWC.flatten(1, 2)

    def forward(self, x_BHWC: Tensor, template_BnC: Tensor) -> Tensor:
        """The search's map and the template's kernels -> the search's map."""
        x_BNC = x_BHWC.flatten(1, 2)
        share_BNn = self.pre_kernels_x(x_BNC)
        kernels_BnC = self.conv_att(share_BNn.transpose(1, 2) @ x_BNC, template_BnC)
        gate_B1C = (self.proj_Cto1(kernels_BnC).transpose(1, 2) @ kernels_BnC).sigmoid()
        y_BNC = x_BNC + F.relu(self.ln((share_BNn @ kernels_BnC) * gate_B1C))
        return y_BNC.view_as(x_BHWC)

    def drop_unused(self) -> None:
        """Forget the parameters that do nothing."""
        self.post_kernels = self.downsample = None


class WideAttention(Attention):
    """Heads of 32 channels, which together are wider than the tokens."""

    def __init__(self, dim: int) -> None:
        super().__init__(dim, HEADS)
        self.qkv = nn.Linear(dim, 3 * HEADS * HEAD_WIDTH, bias=False)
        self.proj = nn.Linear(HEADS * HEAD_WIDTH, dim)


class JointBlock(nn.Module):
    """A transformer block over the tokens of search and template, of which the search's are kept."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(dim)
        self.attn = WideAttention(dim)
        self.norm2 = nn.LayerNorm(dim)
        self.mlp = Mlp(dim, 4 * dim)

    def keys_and_values(self, template_BMC: Tensor) -> tuple[Tensor, Tensor]:
        """Of the template's tokens: each (B, H, M, D)."""
        _, k_BHMD, v_BHMD = self.attn.project(self.norm1(template_BMC))
        return k_BHMD, v_BHMD

    def forward(self, x_BHWC: Tensor, *template: Tensor) -> Tensor:
        """The search's map, and the template's tokens or their keys and values -> the search's map.

        Given tokens, both images' pass through the block, as in the official code; the template's are then dropped.
        """
        x_BNC = x_BHWC.flatten(1, 2)
        if len(template) == 1:
            tokens_BSC = torch.cat((x_BNC, *template), dim=1)
            return self._mixed(tokens_BSC, self.attn(self.norm1(tokens_BSC)))[:, : x_BNC.shape[1]].view_as(x_BHWC)
        q_BHND, *own = self.attn.project(self.norm1(x_BNC))
        k_BHSD, v_BHSD = (torch.cat(pair, dim=2) for pair in zip(own, template, strict=True))
        return self._mixed(x_BNC, self.attn.attend(q_BHND, k_BHSD, v_BHSD)).view_as(x_BHWC)

    def _mixed(self, x_BNC: Tensor, attended_BNC: Tensor) -> Tensor:
        x_BNC = x_BNC + attended_BNC
        y_BNC: Tensor = x_BNC + self.mlp(self.norm2(x_BNC))
        return y_BNC
