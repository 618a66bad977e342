"""The folded network rearranged for PyTorch on a CPU: the same function, from kernels that are faster there.

Exporters and compilers take the folded network as it is: they arrange it better themselves, and know a convolution by
its name.
"""

from __future__ import annotations

import copy
import math
from typing import cast

import torch
from torch import Tensor, nn

from stdtrack.model.network import STDTrack

GELU_SLOPE = 2.0 * math.sqrt(2.0 / math.pi)
GELU_BEND = 0.044715 * GELU_SLOPE


class Product(nn.Module):
    """A linear map of the last dimension.

    ``nn.Linear`` first writes the bias over the whole result and then adds the product to it; adding the bias to the
    finished product passes over less memory. The weight lies as the product reads it.
    """

    def __init__(self, weight_OI: Tensor, bias_O: Tensor) -> None:
        super().__init__()
        self.weight_IO = nn.Parameter(weight_OI.detach().t().contiguous())
        self.bias_O = nn.Parameter(bias_O.detach().clone())

    def forward(self, x: Tensor) -> Tensor:
        """(..., I) -> (..., O)."""
        return (x @ self.weight_IO).add_(self.bias_O)


class Pointwise(Product):
    """A 1 x 1 convolution as a product: in channels-last memory its pixels are the rows of a matrix already."""

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """(B, C_in, H, W) -> (B, C_out, H, W), channels last in memory."""
        return super().forward(x_BCHW.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class SigmoidGELU(nn.Module):
    """GELU's tanh form as x * sigmoid(slope * x + bend * x^3), an identity; PyTorch's own kernel is slower."""

    slope: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("slope", torch.tensor(GELU_SLOPE), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Elementwise, any shape."""
        return torch.addcmul(self.slope, x, x, value=GELU_BEND).mul_(x).sigmoid_().mul_(x)


def arranged(model: STDTrack) -> STDTrack:
    """A copy of a folded model, for inference on a CPU."""
    model = copy.deepcopy(model)
    for parent in list(model.modules()):
        for name, child in parent.named_children():
            setattr(parent, name, _arranged(child))
    return model


def _arranged(module: nn.Module) -> nn.Module:
    if isinstance(module, nn.Linear):
        return Product(module.weight, module.bias)
    if isinstance(module, nn.Conv2d) and _mixes_channels_alone(module):
        return Pointwise(module.weight.flatten(1), cast("Tensor", module.bias))
    if isinstance(module, nn.GELU):
        return SigmoidGELU()
    return module


def _mixes_channels_alone(convolution: nn.Conv2d) -> bool:
    """Every pixel stays where it is, and every output channel has all input channels."""
    shape = convolution.kernel_size, convolution.stride, convolution.padding, convolution.groups
    return shape == ((1, 1), (1, 1), (0, 0), 1)
