"""Modules that are called with keywords, as modules that are called with positions: all counters know are those."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from torch import nn


def positional(
    module: nn.Module, inputs: tuple[Any, ...], named: Mapping[str, Any]
) -> tuple[nn.Module, tuple[Any, ...]]:
    """The same module, called with ``inputs`` and then the values of ``named`` in their order.

    It shares everything with the module; its parts keep their names.
    """
    names, count = tuple(named), len(inputs)

    class Positional(type(module)):  # type: ignore[misc]  # the class is known when it runs
        def forward(self, *values: Any) -> Any:
            return super().forward(*values[:count], **dict(zip(names, values[count:], strict=True)))

    Positional.__name__ = type(module).__name__
    called = copy.copy(module)
    called.__class__ = Positional
    return called, (*inputs, *named.values())
