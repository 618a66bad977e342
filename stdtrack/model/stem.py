"""From pixels to tokens: one patch convolution, or the first blocks of a published convolutional network.

Batch norm is part of the convolutions' weights, so that training sees frozen statistics and tracking pays nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import cast

import torch.nn.functional as F
from torch import Tensor, nn

from stdtrack.configs import Stem

Activation = Callable[[Tensor], Tensor]


def relu(x: Tensor) -> Tensor:
    """max(x, 0), in place."""
    return F.relu(x, inplace=True)


def relu6(x: Tensor) -> Tensor:
    """min(max(x, 0), 6), in place."""
    return F.relu6(x, inplace=True)


def hardswish(x: Tensor) -> Tensor:
    """x * min(max(x + 3, 0), 6) / 6, in place."""
    return F.hardswish(x, inplace=True)


@dataclass(frozen=True)
class BlockShape:
    """One inverted residual block.

    Attributes:
        kernel, stride: of the depthwise convolution.
        hidden: channels between expansion and projection; as many as come in where nothing is expanded.
        dim: channels that come out.
        activation: after expansion and depthwise convolution.
        squeeze: channels of the squeeze-and-excitation bottleneck, 0 without one.
    """

    kernel: int
    stride: int
    hidden: int
    dim: int
    activation: Activation
    squeeze: int = 0


@dataclass(frozen=True)
class StemLayout:
    """A convolutional stem.

    Attributes:
        first: channels of the first convolution (3 x 3, stride 2).
        first_activation: after it.
        blocks: up to stride 16.
        fine_blocks: the first so many blocks end at stride 8; what they give joins the head at that stride.
    """

    first: int
    first_activation: Activation
    blocks: Sequence[BlockShape]
    fine_blocks: int

    @property
    def fine_dim(self) -> int:
        """Channels of the stride-8 features."""
        return self.blocks[self.fine_blocks - 1].dim

    @property
    def dim(self) -> int:
        """Channels of the stride-16 features."""
        return self.blocks[-1].dim


def _lite0() -> StemLayout:
    """EfficientNet-Lite0 (Tan & Le 2019; Lite: Liu 2020) up to stride 16: eleven blocks."""
    blocks: list[BlockShape] = []
    for kernel, stride, expansion, dim, repeats in (
        (3, 1, 1, 16, 1),
        (3, 2, 6, 24, 2),
        (5, 2, 6, 40, 2),
        (3, 2, 6, 80, 3),
        (5, 1, 6, 112, 3),
    ):
        for repeat in range(repeats):
            dim_in = blocks[-1].dim if blocks else 32
            blocks.append(BlockShape(kernel, 1 if repeat else stride, expansion * dim_in, dim, relu6))
    return StemLayout(32, relu6, blocks, fine_blocks=5)


def _fear_xs() -> StemLayout:
    """FEAR-XS's trunk (Borsuk et al. 2022): FBNet-C (Wu et al. 2019) up to stride 16, sixteen blocks."""
    blocks: list[BlockShape] = []
    for kernel, stride, expansion, dim in (
        (3, 1, 1, 16),
        (3, 2, 6, 24),
        (3, 1, 1, 24),
        (3, 1, 1, 24),
        (5, 2, 6, 32),
        (5, 1, 3, 32),
        (5, 1, 6, 32),
        (3, 1, 6, 32),
        (5, 2, 6, 64),
        (5, 1, 3, 64),
        (5, 1, 6, 64),
        (5, 1, 6, 64),
        (5, 1, 6, 112),
        (5, 1, 6, 112),
        (5, 1, 6, 112),
        (5, 1, 3, 112),
    ):
        dim_in = blocks[-1].dim if blocks else 16
        blocks.append(BlockShape(kernel, stride, expansion * dim_in, dim, relu))
    return StemLayout(16, relu, blocks, fine_blocks=8)


def _nanotrack_v3() -> StemLayout:
    """NanoTrack v3's backbone: MobileNetV3-small (Howard et al. 2019) without its last two strides."""
    shapes = (
        BlockShape(3, 2, 16, 16, relu, squeeze=8),
        BlockShape(3, 2, 72, 24, relu),
        BlockShape(3, 1, 88, 24, relu),
        BlockShape(5, 2, 96, 40, hardswish, squeeze=24),
        BlockShape(5, 1, 240, 40, hardswish, squeeze=64),
        BlockShape(5, 1, 240, 40, hardswish, squeeze=64),
        BlockShape(5, 1, 120, 48, hardswish, squeeze=32),
        BlockShape(5, 1, 144, 48, hardswish, squeeze=40),
        BlockShape(5, 1, 288, 96, hardswish, squeeze=72),
    )
    return StemLayout(16, hardswish, shapes, fine_blocks=3)


LAYOUTS: Mapping[Stem, StemLayout] = {
    "efficientnet_lite0": _lite0(),
    "fear_xs": _fear_xs(),
    "nanotrack_v3": _nanotrack_v3(),
}


class PatchStem(nn.Module):
    """One 16 x 16 convolution of stride 16, as in ViT."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.projection = nn.Conv2d(3, dim, 16, stride=16)

    def forward(self, image_B3HW: Tensor) -> tuple[Tensor, None]:
        """(B, 3, H, W) -> tokens as a map (B, C, H/16, W/16), and no stride-8 features."""
        return self.projection(image_B3HW), None


class Squeeze(nn.Module):
    """Squeeze-and-excitation (Hu et al. 2018): channels weighed by what the whole map holds."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.reduce = nn.Linear(dim, hidden)
        self.excite = nn.Linear(hidden, dim)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C, H, W)."""
        weight_BC = F.hardsigmoid(self.excite(F.relu(self.reduce(x_BCHW.mean((2, 3))))))
        return x_BCHW * weight_BC[:, :, None, None]


class InvertedResidual(nn.Module):
    """Expand, depthwise, project, with the activation after the first two."""

    def __init__(self, dim_in: int, shape: BlockShape) -> None:
        super().__init__()
        hidden = shape.hidden
        self.activation = shape.activation
        self.expand = nn.Conv2d(dim_in, hidden, 1) if hidden != dim_in else None
        self.depthwise = nn.Conv2d(hidden, hidden, shape.kernel, shape.stride, shape.kernel // 2, groups=hidden)
        self.squeeze = Squeeze(hidden, shape.squeeze) if shape.squeeze else None
        self.project = nn.Conv2d(hidden, shape.dim, 1)
        self.residual = shape.stride == 1 and dim_in == shape.dim

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """(B, C_in, H, W) -> (B, C_out, H/stride, W/stride)."""
        y_BCHW = x_BCHW if self.expand is None else self.activation(self.expand(x_BCHW))
        y_BCHW = self.depthwise(y_BCHW)
        # MobileNetV3 squeezes before the activation, but after it where nothing was expanded.
        if self.squeeze is not None and self.expand is not None:
            y_BCHW = self.squeeze(y_BCHW)
        y_BCHW = self.activation(y_BCHW)
        if self.squeeze is not None and self.expand is None:
            y_BCHW = self.squeeze(y_BCHW)
        y_BCHW = self.project(y_BCHW)
        out_BCHW: Tensor = x_BCHW + y_BCHW if self.residual else y_BCHW
        return out_BCHW


class ConvolutionalStem(nn.Module):
    """The first convolution and the blocks of a layout, with a linear map of the last channels to ``dim``.

    EfficientNet's strided convolutions pad symmetrically here where TensorFlow pads at the end only: the same filters,
    sampled one pixel earlier.
    """

    def __init__(self, layout: StemLayout, dim: int) -> None:
        super().__init__()
        self.layout = layout
        self.first = nn.Conv2d(3, layout.first, 3, stride=2, padding=1)
        dims = [layout.first, *(shape.dim for shape in layout.blocks)]
        pairs = zip(pairwise(dims), layout.blocks, strict=True)
        self.blocks = nn.ModuleList(InvertedResidual(dim_in, shape) for (dim_in, _), shape in pairs)
        self.projection = nn.Conv2d(layout.dim, dim, 1)
        self._initialise()

    def _initialise(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="linear")
                nn.init.constant_(cast("Tensor", module.bias), 0.0)

    def features(self, image_B3HW: Tensor) -> tuple[Tensor, Tensor]:
        """(B, 3, H, W) -> features of stride 16 and of stride 8, each (B, C, H/stride, W/stride)."""
        x_BCHW = self.layout.first_activation(self.first(image_B3HW))
        for block in self.blocks[: self.layout.fine_blocks]:
            x_BCHW = block(x_BCHW)
        fine_BCHW = x_BCHW
        for block in self.blocks[self.layout.fine_blocks :]:
            x_BCHW = block(x_BCHW)
        return x_BCHW, fine_BCHW

    def forward(self, image_B3HW: Tensor) -> tuple[Tensor, Tensor]:
        """(B, 3, H, W) -> tokens as a map (B, C, H/16, W/16), and stride-8 features (B, C_fine, H/8, W/8)."""
        coarse_BCHW, fine_BCHW = self.features(image_B3HW)
        return self.projection(coarse_BCHW), fine_BCHW


def make_stem(name: Stem, dim: int, hidden: Sequence[int] = ()) -> PatchStem | ConvolutionalStem:
    """The stem of that name, with random weights, and with so many hidden channels in its blocks if they are given.

    Raises:
        KeyError: there is no such stem.
        ValueError: it has another number of blocks.
    """
    if name == "patch":
        return PatchStem(dim)
    layout = LAYOUTS[name]
    if hidden:
        pairs = zip(layout.blocks, hidden, strict=True)
        layout = replace(layout, blocks=[replace(shape, hidden=width) for shape, width in pairs])
    return ConvolutionalStem(layout, dim)
