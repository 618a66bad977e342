"""The module's own inference form, in PyTorch."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from profiling.backends import Graph, fold


def prepare(module: nn.Module, inputs: Sequence[Tensor], precision: str) -> Graph:
    """``module.fold()`` if it has one, else the module itself."""
    return fold(module)
