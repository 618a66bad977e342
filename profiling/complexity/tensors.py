"""Tensors inside nested values: modules take and return tuples, mappings and dataclasses of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor


def map_tensors(function: Callable[[Tensor], Any], value: Any) -> Any:
    """Rebuild ``value`` with ``function`` applied to every tensor in it; anything else is kept as it is.

    >>> map_tensors(lambda tensor: tensor.shape, (torch.zeros(2), {"a": torch.zeros(3)}, 4))
    (torch.Size([2]), {'a': torch.Size([3])}, 4)
    """
    if isinstance(value, Tensor):
        return function(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value) if field.init}
        return dataclasses.replace(value, **{name: map_tensors(function, item) for name, item in fields.items()})
    if isinstance(value, Mapping):
        return {key: map_tensors(function, item) for key, item in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(map_tensors(function, item) for item in value))
    if isinstance(value, tuple | list):
        return type(value)(map_tensors(function, item) for item in value)
    return value


def tensors_in(value: Any) -> list[Tensor]:
    """All tensors in ``value``, in the order in which :func:`map_tensors` meets them."""
    found: list[Tensor] = []

    def keep(tensor: Tensor) -> Tensor:
        found.append(tensor)
        return tensor

    map_tensors(keep, value)
    return found


def with_tensors(value: Any, tensors: list[Tensor]) -> Any:
    """``value`` with its tensors replaced, one by one, by ``tensors``: the inverse of :func:`tensors_in`."""
    remaining = iter(tensors)
    return map_tensors(lambda _: next(remaining), value)


class TensorsOnly(torch.nn.Module):
    """A module called with flat tensors and returning a flat tuple of them, as tracers and exporters want it."""

    def __init__(self, module: torch.nn.Module, inputs: tuple[Any, ...]) -> None:
        super().__init__()
        self.module = module
        self._inputs = inputs

    def fold(self) -> TensorsOnly:
        """The same around the module's inference form, if it has one."""
        folding = getattr(self.module, "fold", None)
        return self if folding is None else TensorsOnly(folding(), self._inputs)

    def forward(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        """Call the module with ``tensors`` put into the structure of the example inputs."""
        return tuple(tensors_in(self.module(*with_tensors(self._inputs, list(tensors)))))
