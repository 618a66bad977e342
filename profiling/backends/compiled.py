"""``torch.compile``: TorchInductor with frozen weights, which lets it pack them for the CPU's kernels."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from evalkit.errors import InputError
from profiling.backends import TORCH, Backend, Graph, distinct
from profiling.backends.quiet import quiet_exporter


def prepare(module: nn.Module, inputs: Sequence[Tensor], precision: str) -> Graph:
    """Compile for these shapes, now rather than at the first call. Raises InputError without a C++ compiler."""
    compiled: Graph = torch.compile(module, dynamic=False, fullgraph=True, options={"freezing": True})

    # Frozen weights need no_grad at compile time, and a graph made under no_grad is made again under inference mode.
    def run(*tensors: Tensor) -> tuple[Tensor, ...]:
        with torch.inference_mode(False), torch.no_grad():
            return compiled(*tensors)

    try:
        with quiet_exporter():
            run(*distinct(inputs))
    except RuntimeError as error:
        if "compiler" not in str(error).lower():
            raise
        raise InputError("backend 'compile' finds no C++ compiler", hint="install g++ or clang, or set CXX") from error
    return run


BACKEND = Backend(prepare, devices=TORCH)
