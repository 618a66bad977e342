"""A plain module under a backend, as a call without arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from evalkit.errors import InputError
from profiling.complexity import Part
from profiling.tensors import map_tensors


def module_call(part: Part, backend: str, device: str) -> Callable[[], Any]:
    """``module(*inputs)`` on ``device``, in inference mode.

    Raises:
        InputError: the backend is unknown or not installed, or the module does not run on it.
    """
    module, inputs = part
    if backend not in ("", "eager"):
        raise InputError(f"backend '{backend}' is not known for plain modules", hint="there is: eager")
    ready = module.eval().to(device)
    placed = map_tensors(lambda tensor: tensor.to(device), inputs)

    @torch.inference_mode()
    def call() -> Any:
        return ready(*placed)

    return call
