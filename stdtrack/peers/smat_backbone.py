"""SMAT's backbone: MobileViTv2 whose separable attention mixes template and search.

Shapes: B crops, C channels of a map, D channels of attention, P pixels of a patch, N patches, G x G cells.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SIDE = 2
"""Pixels a side of the patches that the attention looks at."""


class Unit(nn.Module):
    """A convolution; with batch norm, or a bias instead, or neither; with ReLU or without."""

    def __init__(
        self,
        dims: tuple[int, int],
        kernel: int = 1,
        *,
        stride: int = 1,
        groups: int = 1,
        bias: bool = False,
        norm: bool = False,
        act: bool = False,
    ) -> None:
        super().__init__()
        convolution = nn.Conv2d(*dims, kernel, stride, kernel // 2, groups=groups, bias=bias)
        layers: OrderedDict[str, nn.Module] = OrderedDict(conv=convolution)
        if norm:
            layers["norm"] = nn.BatchNorm2d(dims[1])
        if act:
            layers["act"] = nn.ReLU()
        self.block = nn.Sequential(layers)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C_out, H / stride, W / stride)."""
        y_BCHW: Tensor = self.block(x_BCHW)
        return y_BCHW


class InvertedResidual(nn.Module):
    """Twice the channels, a depthwise convolution, and back; the input is added where shapes allow."""

    def __init__(self, dim_in: int, dim_out: int, stride: int = 1) -> None:
        super().__init__()
        inner = 2 * dim_in
        self.residual = stride == 1 and dim_in == dim_out
        self.block = nn.Sequential(
            OrderedDict(
                exp_1x1=Unit((dim_in, inner), norm=True, act=True),
                conv_3x3=Unit((inner, inner), 3, stride=stride, groups=inner, norm=True, act=True),
                red_1x1=Unit((inner, dim_out), norm=True),
            )
        )

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C_out, H / stride, W / stride)."""
        y_BCHW: Tensor = self.block(x_BCHW)
        return x_BCHW + y_BCHW if self.residual else y_BCHW


class SeparableAttention(nn.Module):
    """One query a patch weighs the keys to one context vector, which all values are multiplied by."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim
        self.qkv_proj = Unit((dim, 1 + 2 * dim), bias=True)
        self.out_proj = Unit((dim, dim), bias=True)

    def forward(self, x_BDPN: Tensor) -> Tensor:
        """(B, D, P, N) -> (B, D, P, N); each of the P pixels has its own context."""
        query_B1PN, key_BDPN, value_BDPN = self.qkv_proj(x_BDPN).split((1, self.dim, self.dim), dim=1)
        context_BDP1 = (key_BDPN * query_B1PN.softmax(dim=-1)).sum(dim=-1, keepdim=True)
        y_BDPN: Tensor = self.out_proj(F.relu(value_BDPN) * context_BDP1)
        return y_BDPN


class Layer(nn.Module):
    """x + attention(norm(x)), then x + feed-forward(norm(x)); norms run over channels, pixels and patches together."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.pre_norm_attn = nn.Sequential(nn.GroupNorm(1, dim), SeparableAttention(dim))
        widen, narrow = Unit((dim, 2 * dim), bias=True, act=True), Unit((2 * dim, dim), bias=True)
        self.pre_norm_ffn = nn.Sequential(nn.GroupNorm(1, dim), widen, nn.Identity(), narrow)

    def forward(self, x_BDPN: Tensor) -> Tensor:
        """(B, D, P, N) -> (B, D, P, N)."""
        x_BDPN = x_BDPN + self.pre_norm_attn(x_BDPN)
        y_BDPN: Tensor = x_BDPN + self.pre_norm_ffn(x_BDPN)
        return y_BDPN


def layers(dim: int, depth: int) -> nn.Sequential:
    """Transformer layers and the norm that ends them."""
    return nn.Sequential(*(Layer(dim) for _ in range(depth)), nn.GroupNorm(1, dim))


class MixedBlock(nn.Module):
    """Local convolutions on each image, separable attention over the patches of both; no residual around it."""

    def __init__(self, dim: int, depth: int) -> None:
        super().__init__()
        inner = dim // 2
        self.local_rep = nn.Sequential(Unit((dim, dim), 3, groups=dim, norm=True, act=True), Unit((dim, inner)))
        self.global_rep = layers(inner, depth)
        self.conv_proj = Unit((inner, dim), norm=True)

    def local(self, x_BCHW: Tensor) -> Tensor:
        """One image's map (B, C, H, W) -> its patches (B, D, P, N)."""
        return unfold(self.local_rep(x_BCHW))

    def forward(self, search_BDPN: Tensor, template_BDPN: Tensor) -> tuple[Tensor, Tensor]:
        """Patches of both images, as :meth:`local` gives them -> their maps (B, C, H, W)."""
        counts = [search_BDPN.shape[3], template_BDPN.shape[3]]
        x_BDPN: Tensor = self.global_rep(torch.cat((search_BDPN, template_BDPN), dim=3))
        search_BCHW, template_BCHW = (self.conv_proj(fold(part)) for part in torch.split(x_BDPN, counts, dim=3))
        return search_BCHW, template_BCHW


class MixedStage(nn.ModuleList):
    """Half the resolution of each image alone, then a :class:`MixedBlock`."""

    def __init__(self, dim_in: int, dim: int, depth: int) -> None:
        super().__init__((InvertedResidual(dim_in, dim, 2), MixedBlock(dim, depth)))

    def patches(self, x_BCHW: Tensor) -> Tensor:
        """One image's map (B, C_in, H, W) -> its patches (B, D, P, N)."""
        return cast("MixedBlock", self[1]).local(self[0](x_BCHW))

    def mix(self, search_BDPN: Tensor, template_BDPN: Tensor) -> tuple[Tensor, Tensor]:
        """Patches of both images -> their maps (B, C, H / 2, W / 2)."""
        search_BCHW, template_BCHW = self[1](search_BDPN, template_BDPN)
        return search_BCHW, template_BCHW


class Backbone(nn.Module):
    """MobileViTv2 to stride 16; its last two stages end with a block that mixes both images."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.conv_1 = Unit((3, 32), 3, stride=2, norm=True, act=True)
        self.layer_1 = nn.Sequential(InvertedResidual(32, 64))
        self.layer_2 = nn.Sequential(InvertedResidual(64, 128, 2), InvertedResidual(128, 128))
        self.layer_3 = MixedStage(128, 256, 2)
        self.layer_4 = MixedStage(256, features, 4)

    def stem(self, image_B3HW: Tensor) -> Tensor:
        """(B, 3, H, W) -> (B, 128, H / 4, W / 4)."""
        y_BCHW: Tensor = self.layer_2(self.layer_1(self.conv_1(image_B3HW)))
        return y_BCHW

    def forward(self, search_BDPN: Tensor, template_BDPN: Tensor) -> tuple[Tensor, Tensor]:
        """Patches that the third stage made of both stems -> the images' features (B, C, G, G)."""
        maps = self.layer_3.mix(search_BDPN, template_BDPN)
        search_BDPN, template_BDPN = (self.layer_4.patches(map_BCHW) for map_BCHW in maps)
        return self.layer_4.mix(search_BDPN, template_BDPN)


def unfold(x_BDHW: Tensor) -> Tensor:
    """(B, D, H, W) -> patches (B, D, P, N): pixels of a patch row by row, patches row by row."""
    B, D, H, W = x_BDHW.shape
    cut = x_BDHW.view(B, D, H // SIDE, SIDE, W // SIDE, SIDE).permute(0, 1, 3, 5, 2, 4)
    return cut.reshape(B, D, SIDE * SIDE, -1)


def fold(x_BDPN: Tensor) -> Tensor:
    """The inverse of :func:`unfold` for a square map."""
    B, D, _, N = x_BDPN.shape
    side = math.isqrt(N)
    cut = x_BDPN.view(B, D, SIDE, SIDE, side, side).permute(0, 1, 4, 2, 5, 3)
    return cut.reshape(B, D, SIDE * side, SIDE * side)
