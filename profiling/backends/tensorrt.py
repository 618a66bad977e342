"""TensorRT, through Torch-TensorRT."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from evalkit.errors import InputError
from evalkit.imports import optional_module
from profiling.backends import Backend, Graph

PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16}


def prepare(module: nn.Module, inputs: Sequence[Tensor], precision: str) -> Graph:
    """Compile for these shapes. Raises InputError without a CUDA device or with inputs elsewhere."""
    torch_tensorrt: Any = optional_module("torch_tensorrt")
    if not all(tensor.is_cuda for tensor in inputs):
        raise InputError("backend 'tensorrt' needs a CUDA device", hint="use it with --device cuda")
    compiled: Graph = torch_tensorrt.compile(
        module, ir="dynamo", inputs=list(inputs), enabled_precisions={PRECISIONS[precision]}
    )
    return compiled


BACKEND = Backend(prepare, tuple(PRECISIONS), ("torch_tensorrt",), devices=("cuda",))
