"""The folded network rearranged for PyTorch on a CPU: the same function, from kernels that are faster there.

Exporters and compilers take the folded network as it is: they arrange it better themselves, and know a convolution by
its name. What each rewriting saves depends on the machine; that nothing changes is tested.
"""

from __future__ import annotations

import copy
import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stdtrack.model.assembly import STDTrack

GELU_SLOPE = 2.0 * math.sqrt(2.0 / math.pi)
GELU_BEND = 0.044715 * GELU_SLOPE


class Pointwise(nn.Module):
    """A 1 x 1 convolution as one matrix product: in channels-last memory the pixels are its rows already."""

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(conv.weight.detach().flatten(1)), conv.bias

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """(B, C_in, H, W) -> (B, C_out, H, W), channels last in memory."""
        return F.linear(x_BCHW.permute(0, 2, 3, 1), self.weight, self.bias).permute(0, 3, 1, 2)


class SigmoidGELU(nn.Module):
    """GELU in its tanh form as x * sigmoid(slope * x + bend * x^3), an identity; PyTorch's own kernel is slower."""

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
            if isinstance(child, nn.Conv2d) and child.kernel_size == (1, 1) and child.groups == 1:
                setattr(parent, name, Pointwise(child))
            elif isinstance(child, nn.GELU) and child.approximate == "tanh":
                setattr(parent, name, SigmoidGELU())
    for module in model.modules():
        if isinstance(module, nn.Linear | Pointwise):
            module.weight = nn.Parameter(_input_major(module.weight.detach()))
    return model


def _input_major(weight_OI: Tensor) -> Tensor:
    """The same matrix, laid out as a product with few rows reads it: all outputs of one input side by side."""
    return weight_OI.t().contiguous().t()
