"""The folded network rearranged for PyTorch on a CPU: the same function, from kernels that are faster there.

Exporters and compilers take the folded network as it is: they arrange it better themselves, and know a convolution by
its name. Every part that is replaced takes and gives fp32, whatever it computes in. ``docs/performance.md`` has what
each operator takes.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stdtrack.inference.packed import GELU_TANH, PackedConvolution, PackedLinear, available
from stdtrack.model.attention import Block
from stdtrack.model.network import STDTrack

WIDE = 5
"""Rows and columns of a kernel from which on oneDNN's layout of the weight is worth its while."""

Sizes = Mapping[nn.Module, tuple[int, int]]
"""Rows and columns of what each convolution is given in a step."""


def arranged(model: STDTrack, dtype: torch.dtype = torch.float32) -> STDTrack:
    """A copy of a folded model, for inference on a CPU.

    Args:
        dtype: in which blocks and convolutions compute; all that is carried from frame to frame stays fp32, but for
            the cache of the templates.
    """
    model = copy.deepcopy(model)
    if available():
        _arrange(model, _sizes(model), model.config.search_grid**2, dtype)
    return model


@torch.no_grad()
def _sizes(model: STDTrack) -> Sizes:
    sizes: dict[nn.Module, tuple[int, int]] = {}

    def note(layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        sizes[layer] = (inputs[0].shape[-2], inputs[0].shape[-1])

    layers = [layer for layer in model.modules() if isinstance(layer, nn.Conv2d)]
    hooks = [layer.register_forward_pre_hook(note) for layer in layers]
    template, search = (
        torch.zeros(1, 3, size, size) for size in (model.config.template_size, model.config.search_size)
    )
    model.step(model.init_state(template), search)
    for hook in hooks:
        hook.remove()
    return sizes


def _arrange(parent: nn.Module, sizes: Sizes, rows: int, dtype: torch.dtype) -> None:
    for name, child in parent.named_children():
        if isinstance(child, Block):
            setattr(parent, name, ArrangedBlock(child, rows, dtype))
        elif isinstance(child, nn.Conv2d):
            setattr(parent, name, _convolution(child, sizes[child], dtype))
        else:
            _arrange(child, sizes, rows, dtype)


def _convolution(layer: nn.Conv2d, size: tuple[int, int], dtype: torch.dtype) -> nn.Module:
    """By the kernel that suits its shape: torch's own is as fast on small kernels and channel by channel."""
    if (layer.kernel_size, layer.stride, layer.padding, layer.groups) == ((1, 1), (1, 1), (0, 0), 1):
        return Pointwise(layer)
    if min(layer.kernel_size) >= WIDE and layer.groups < layer.in_channels:
        return PackedConvolution(layer, size, dtype)
    return layer


class Pointwise(nn.Module):
    """A 1 x 1 convolution as a product: in channels-last memory its pixels are the rows of a matrix already."""

    def __init__(self, layer: nn.Conv2d) -> None:
        super().__init__()
        self.weight_OI = nn.Parameter(layer.weight.detach().flatten(1).clone())
        self.bias_O = layer.bias

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """(B, C_in, H, W) -> (B, C_out, H, W)."""
        return F.linear(x_BCHW.permute(0, 2, 3, 1), self.weight_OI, self.bias_O).permute(0, 3, 1, 2)


class ArrangedBlock(nn.Module):
    """A :class:`Block` that passes over its tokens less often: GELU and both residuals are fused into products."""

    def __init__(self, block: Block, rows: int, dtype: torch.dtype) -> None:
        super().__init__()
        self.heads, self.dtype = block.attention.heads, dtype
        up, _, down = block.mlp
        self.norm1, self.norm2 = (copy.deepcopy(norm).to(dtype) for norm in (block.norm1, block.norm2))
        self.qkv = PackedLinear(block.attention.qkv, rows, dtype=dtype)
        self.out = PackedLinear(block.attention.out, rows, dtype=dtype)
        self.up = PackedLinear(cast("nn.Linear", up), rows, GELU_TANH, dtype)
        self.down = PackedLinear(cast("nn.Linear", down), rows, dtype=dtype)

    def forward(
        self, x_BNC: Tensor, past_BS2HD: Tensor | None = None, visible_NN: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """As :meth:`Block.forward`; queries, keys and values are of the type that the block computes in."""
        B, N, _ = x_BNC.shape
        narrow_BNC = x_BNC.to(self.dtype)
        qkv_BN3HD = self.qkv(self.norm1(narrow_BNC)).view(B, N, 3, self.heads, -1)
        own_BN2HD = qkv_BN3HD[:, :, 1:]
        kv_BS2HD = own_BN2HD if past_BS2HD is None else torch.cat((past_BS2HD.to(self.dtype), own_BN2HD), dim=1)
        k_BHSD, v_BHSD = (part.transpose(1, 2) for part in kv_BS2HD.unbind(2))
        y_BHND = _attend(qkv_BN3HD[:, :, 0].transpose(1, 2), k_BHSD, v_BHSD, visible_NN)
        narrow_BNC = self.out(y_BHND.transpose(1, 2).reshape(B, N, -1), narrow_BNC)
        return self.down(self.up(self.norm2(narrow_BNC)), narrow_BNC).to(x_BNC.dtype), qkv_BN3HD


def _attend(q_BHND: Tensor, k_BHSD: Tensor, v_BHSD: Tensor, visible_NN: Tensor | None) -> Tensor:
    """Scaled dot-product attention; in bf16 without torch's fused kernel, which is slower there than in fp32."""
    if q_BHND.dtype is torch.float32:
        return F.scaled_dot_product_attention(q_BHND, k_BHSD, v_BHSD, attn_mask=visible_NN)
    logits_BHNS = (q_BHND * q_BHND.shape[-1] ** -0.5) @ k_BHSD.transpose(-1, -2)
    if visible_NN is not None:
        logits_BHNS = logits_BHNS.masked_fill(~visible_NN, -torch.inf)
    y_BHND: Tensor = logits_BHNS.softmax(dim=-1) @ v_BHSD
    return y_BHND
