"""Products and convolutions of oneDNN: weights laid out once as its kernels read them, and what follows fused in.

PyTorch's own layers hand oneDNN or MKL plain weights, which are laid out anew in every call, and write their result
before a bias, an activation or a residual passes over it again. A call costs some ten microseconds more than one of
theirs, so that small layers gain nothing. In bf16 the same kernels use a processor's own
instructions where it has them (AVX-512 BF16, AMX); oneDNN looks for them itself.
"""

from __future__ import annotations

from typing import Any, Self

import torch
from torch import Tensor, nn

Fused = tuple[str, list[float], str]
"""An element-wise function as oneDNN takes it: its name, numbers, and form."""

NONE: Fused = ("none", [], "")
GELU_TANH: Fused = ("gelu", [], "tanh")


def available() -> bool:
    """This build of torch has oneDNN, with the operators that its compiler fuses into."""
    has_onednn: bool = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    return has_onednn and hasattr(torch.ops.mkldnn, "_linear_pointwise")


class Packed(nn.Module):
    """A layer whose weight is laid out for one kernel; it never changes, so that a copy may share it.

    Attributes:
        dtype: in which it computes.
        fused: what follows.
    """

    def __init__(self, weight: Any, bias: Tensor, fused: Fused, dtype: torch.dtype) -> None:
        super().__init__()
        self.dtype, self.fused = dtype, fused
        self._weight, self._bias = weight, bias.detach().to(dtype, copy=True)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self


class PackedLinear(Packed):
    """A linear map of the last dimension, then an element-wise function or the sum with a residual.

    Args:
        layer: with a bias.
        rows: about how many rows it will be given; any number will do.
        fused, dtype: see :class:`Packed`.
    """

    def __init__(self, layer: nn.Linear, rows: int, fused: Fused = NONE, dtype: torch.dtype = torch.float32) -> None:
        with torch.no_grad():
            weight = torch.ops.mkldnn._reorder_linear_weight(layer.weight.detach().to(dtype).contiguous(), rows)
        super().__init__(weight, layer.bias, fused, dtype)

    def forward(self, x: Tensor, residual: Tensor | None = None) -> Tensor:
        """(..., I), and (..., O) that is added to the map's result -> (..., O); all of :attr:`dtype`."""
        linear: Any = torch.ops.mkldnn._linear_pointwise
        y: Tensor
        if residual is None:
            y = linear.default(x, self._weight, self._bias, *self.fused)
        else:
            y = linear.binary(x, residual, self._weight, self._bias, "add")
        return y


class PackedConvolution(Packed):
    """A convolution; maps are channels last in memory and fp32.

    Args:
        layer: with a bias.
        size: rows and columns of the maps that it will be given; those of other sizes have the weight laid out anew.
        dtype: in which it computes.
    """

    def __init__(self, layer: nn.Conv2d, size: tuple[int, int], dtype: torch.dtype = torch.float32) -> None:
        assert layer.bias is not None, "convolutions of a folded network have one"
        self._shape = layer.padding, layer.stride, layer.dilation, layer.groups
        with torch.no_grad():
            plain = layer.weight.detach().to(dtype).contiguous(memory_format=torch.channels_last)
            image = (1, layer.in_channels, *size)
            weight = torch.ops.mkldnn._reorder_convolution_weight(plain, *self._shape, image)
        super().__init__(weight, layer.bias, NONE, dtype)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """(B, C_in, H, W) -> (B, C_out, H', W')."""
        convolution: Any = torch.ops.mkldnn._convolution_pointwise
        narrow_BCHW = x_BCHW.to(self.dtype, memory_format=torch.channels_last)
        y_BCHW: Tensor = convolution.default(narrow_BCHW, self._weight, self._bias, *self._shape, *self.fused)
        return y_BCHW.to(x_BCHW.dtype)
