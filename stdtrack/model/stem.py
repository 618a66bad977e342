"""From pixels to tokens: one patch convolution, or the first blocks of EfficientNet-Lite0."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch.nn.functional as F
from torch import Tensor, nn

STRIDE_8_DIM, STRIDE_16_DIM = 40, 112

# EfficientNet-Lite0 (Tan & Le 2019; Lite: Liu 2020) up to stride 16: kernel, stride, expansion, channels, repeats.
LITE0_STAGES: Sequence[tuple[int, int, int, int, int]] = (
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
)
LAST_STRIDE_8_BLOCK = 4


class PatchStem(nn.Module):
    """One 16 x 16 convolution of stride 16, as in ViT."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.projection = nn.Conv2d(3, dim, 16, stride=16)

    def forward(self, image_B3HW: Tensor) -> tuple[Tensor, None]:
        """(B, 3, H, W) -> tokens as a map (B, C, H/16, W/16), and no stride-8 features."""
        return self.projection(image_B3HW), None


class InvertedResidual(nn.Module):
    """Expand, depthwise, project; ReLU6 and no squeeze-and-excitation (the Lite family). Batch norm is folded in."""

    def __init__(self, dim_in: int, dim_out: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = dim_in * expansion
        self.expand = nn.Conv2d(dim_in, hidden, 1) if expansion > 1 else None
        self.depthwise = nn.Conv2d(hidden, hidden, kernel, stride, kernel // 2, groups=hidden)
        self.project = nn.Conv2d(hidden, dim_out, 1)
        self.residual = stride == 1 and dim_in == dim_out

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """(B, C_in, H, W) -> (B, C_out, H/stride, W/stride)."""
        y_BCHW = x_BCHW if self.expand is None else F.relu6(self.expand(x_BCHW), inplace=True)
        y_BCHW = self.project(F.relu6(self.depthwise(y_BCHW), inplace=True))
        out_BCHW: Tensor = x_BCHW + y_BCHW if self.residual else y_BCHW
        return out_BCHW


class EfficientNetLiteStem(nn.Module):
    """The first eleven blocks of EfficientNet-Lite0, with a linear map of their 112 channels to ``dim``.

    Strided convolutions pad symmetrically where TensorFlow pads at the end only: the same filters, sampled one pixel
    earlier. Batch norm is part of the weights, so that training sees frozen statistics and tracking pays nothing.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 32, 3, stride=2, padding=1)
        blocks: list[nn.Module] = []
        dim_in = 32
        for kernel, stride, expansion, dim_out, repeats in LITE0_STAGES:
            for repeat in range(repeats):
                blocks.append(InvertedResidual(dim_in, dim_out, kernel, stride if repeat == 0 else 1, expansion))
                dim_in = dim_out
        self.blocks = nn.ModuleList(blocks)
        self.projection = nn.Conv2d(STRIDE_16_DIM, dim, 1)
        self._initialise()

    def _initialise(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="linear")
                nn.init.constant_(cast("Tensor", module.bias), 0.0)

    def forward(self, image_B3HW: Tensor) -> tuple[Tensor, Tensor]:
        """(B, 3, H, W) -> tokens as a map (B, C, H/16, W/16), and stride-8 features (B, 40, H/8, W/8)."""
        x_BCHW = F.relu6(self.first(image_B3HW), inplace=True)
        for block in self.blocks[: LAST_STRIDE_8_BLOCK + 1]:
            x_BCHW = block(x_BCHW)
        fine_BCHW = x_BCHW
        for block in self.blocks[LAST_STRIDE_8_BLOCK + 1 :]:
            x_BCHW = block(x_BCHW)
        return self.projection(x_BCHW), fine_BCHW
