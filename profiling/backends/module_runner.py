"""A module on a backend: as a call without arguments, and compared with eager."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from profiling import backends
from profiling.complexity.count import Part
from profiling.complexity.tensors import TensorsOnly, map_tensors, tensors_in


def split_backend(text: str, device: str | None = None) -> tuple[str, str]:
    """``NAME[:PRECISION]`` as both; raises InputError for what does not exist, is not installed or runs elsewhere.

    >>> split_backend("eager")
    ('eager', 'fp32')
    """
    name, _, precision = text.partition(":")
    backends.check(name, precision or "fp32", device)
    return name, precision or "fp32"


def module_call(part: Part, backend: str, device: str) -> Callable[[], Any]:
    """``module(*inputs)`` on ``device`` and on a backend (``NAME[:PRECISION]``, empty for eager).

    Raises:
        InputError: the backend is unknown or not installed.
    """
    module = part[0].eval().to(device)
    inputs = map_tensors(lambda tensor: tensor.to(device), part[1])
    name, precision = split_backend(backend or "eager", device)
    tensors = tensors_in(inputs)
    graph = backends.prepare(name, TensorsOnly(module, inputs), tensors, precision)

    @torch.inference_mode()
    def call() -> Any:
        return graph(*tensors)

    return call


def largest_difference(module: nn.Module, inputs: tuple[Any, ...], backend: str) -> float:
    """Largest absolute difference between a backend's outputs and eager's, over all floating-point outputs.

    Infinity where one of the two has a NaN: a backend that computes none of it is not close to eager.

    Images that are all zeros in the example inputs are replaced by noise, which exercises the whole network.
    """
    noisy = map_tensors(_noise_for_zero_images, inputs)
    flat = TensorsOnly(module.eval(), noisy)
    tensors = tensors_in(noisy)
    name, precision = split_backend(backend)
    with torch.no_grad():
        expected = flat(*tensors)
        found = backends.prepare(name, flat, tensors, precision)(*tensors)
    pairs = zip(expected, found, strict=True)
    largest = [float((a.float() - b.float()).abs().max()) for a, b in pairs if a.is_floating_point()]
    return max((math.inf if math.isnan(value) else value for value in largest), default=0.0)


def _noise_for_zero_images(tensor: Tensor) -> Tensor:
    if tensor.ndim != 4 or not tensor.is_floating_point() or bool(tensor.any()):
        return tensor
    generator = torch.Generator().manual_seed(0)
    return torch.randn(tensor.shape, generator=generator, dtype=torch.float32).to(tensor)
