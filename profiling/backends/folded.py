"""The module's own inference form, in PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor, nn

from profiling.backends import TORCH, Backend, Graph


def prepare(module: nn.Module, inputs: Sequence[Tensor], precision: str) -> Graph:
    """``module.fold()`` if it has one, else the module itself."""
    fold: Callable[[], nn.Module] | None = getattr(module, "fold", None)
    return module if fold is None else fold()


BACKEND = Backend(prepare, devices=TORCH)
