"""A trainer's state as a tree of JSON and a flat table of tensors, and back: exact to the last bit and stride."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor


def flatten(value: Any) -> tuple[Any, dict[str, Tensor]]:
    """The tree, in which a tensor is the name of its entry in the table.

    Mappings become lists of pairs, as JSON's keys are texts alone. A tensor is stored with its axes in the order of
    memory, so that channels-last weights come back as they were.

    >>> flatten({0: (1, torch.zeros(2))})
    ({'items': [[0, {'tuple': [1, {'tensor': '0', 'axes': [0]}]}]]}, {'0': tensor([0., 0.])})
    """
    tensors: dict[str, Tensor] = {}
    return _flatten(value, tensors), tensors


def _flatten(value: Any, tensors: dict[str, Tensor]) -> Any:
    if isinstance(value, Tensor):
        strides = value.stride()
        name, axes = str(len(tensors)), sorted(range(value.ndim), key=lambda axis: -strides[axis])
        in_order = value.detach().cpu().permute(axes)
        tensors[name] = in_order.clone(memory_format=torch.contiguous_format)
        return {"tensor": name, "axes": axes}
    if isinstance(value, Mapping):
        return {"items": [[key, _flatten(item, tensors)] for key, item in value.items()]}
    if isinstance(value, tuple):
        return {"tuple": [_flatten(item, tensors) for item in value]}
    return [_flatten(item, tensors) for item in value] if isinstance(value, list) else value


def restore(tree: Any, tensors: Mapping[str, Tensor]) -> Any:
    """What :func:`flatten` was given; raises KeyError, RuntimeError, TypeError or ValueError for any other tree."""
    if isinstance(tree, list):
        return [restore(item, tensors) for item in tree]
    match tree:
        case {"tensor": str(name), "axes": list(axes)}:
            # A copy of its own: the table may be a view of the file.
            return tensors[name].permute([axes.index(axis) for axis in range(len(axes))]).clone()
        case {"items": list(items)}:
            return {key: restore(item, tensors) for key, item in items}
        case {"tuple": list(items)}:
            return tuple(restore(item, tensors) for item in items)
        case dict():
            raise ValueError(f"unknown kind of entry {sorted(tree)}")
    return tree
