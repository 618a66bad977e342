"""PyTorch as it is."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from profiling.backends import TORCH, Backend, Graph


def prepare(module: nn.Module, inputs: Sequence[Tensor], precision: str) -> Graph:
    """The module itself; ``bf16`` is autocast, which keeps what needs more digits in fp32."""
    if precision == "fp32":
        return module
    device = inputs[0].device.type if inputs else "cpu"

    def run(*tensors: Tensor) -> tuple[Tensor, ...]:
        with torch.autocast(device, torch.bfloat16):
            outputs: tuple[Tensor, ...] = module(*tensors)
        return tuple(_widened(output) for output in outputs)

    return run


def _widened(output: Tensor) -> Tensor:
    return output.float() if output.dtype is torch.bfloat16 else output


BACKEND = Backend(prepare, ("fp32", "bf16"), devices=TORCH)
