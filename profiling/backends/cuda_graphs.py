"""CUDA graphs: all kernels of a call recorded once, and launched as one."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from evalkit.errors import InputError
from profiling.backends import Backend, Graph

WARM_UP = 3


def prepare(module: nn.Module, inputs: Sequence[Tensor], precision: str) -> Graph:
    """Record the module for these shapes. Raises InputError without a CUDA device or with inputs elsewhere."""
    if not all(tensor.is_cuda for tensor in inputs):
        raise InputError("backend 'cuda-graphs' needs a CUDA device", hint="use it with --device cuda")
    held = tuple(tensor.clone() for tensor in inputs)
    side = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    side.wait_stream(torch.cuda.current_stream())
    with torch.no_grad(), torch.cuda.stream(side):
        for _ in range(WARM_UP):  # libraries choose their kernels and allocate before the recording
            module(*held)
    torch.cuda.current_stream().wait_stream(side)
    recorded = torch.cuda.CUDAGraph()
    with torch.no_grad(), torch.cuda.graph(recorded):
        outputs = tuple(module(*held))

    def run(*tensors: Tensor) -> tuple[Tensor, ...]:
        for buffer, tensor in zip(held, tensors, strict=True):
            buffer.copy_(tensor)
        recorded.replay()
        return tuple(output.clone() for output in outputs)

    return run


BACKEND = Backend(prepare, devices=("cuda",))
