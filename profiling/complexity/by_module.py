"""Which module of a network has how much of its parameters and MACs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from profiling.complexity.operators import FLOPS_PER_MAC


@dataclass(frozen=True)
class ModuleCount:
    """One module's share, its children included."""

    module: str
    parameters: int
    macs: int

    @property
    def flops(self) -> int:
        """Floating-point operations, two a MAC."""
        return FLOPS_PER_MAC * self.macs


def count_parameters(module: nn.Module) -> int:
    """Number of parameter elements, shared ones once, and of a frozen script those that are constants by now."""
    return sum(parameter.numel() for parameter in module.parameters()) + count_constants(module)


def count_constants(module: nn.Module) -> int:
    """Elements of :func:`inlined_constants`: what were parameters before the module was frozen or quantised."""
    return sum(tensor.numel() for tensor in inlined_constants(module))


def inlined_constants(module: nn.Module) -> list[Tensor]:
    """Weights that are no parameters: constants in the graphs of frozen scripts, and those packed for integers."""
    unsplit = unsplit_modules(module)
    found: list[Tensor] = []
    for name, child in module.named_modules():
        if isinstance(child, torch.jit.ScriptModule):
            inside = _inside(name, unsplit) or any(True for _ in child.parameters())
            found += [] if inside or not child._c._has_method("forward") else _constants(child.graph)
        elif type(child).__module__.startswith("torch.ao.nn.quantized"):
            values = [getattr(child, name)() for name in ("weight", "bias") if callable(getattr(child, name, None))]
            found += [value for value in values if isinstance(value, Tensor)]
    return found


def _constants(block: Any) -> list[Tensor]:
    """Of a graph or a block of it, those of nested blocks included."""
    found: list[Tensor] = []
    for node in block.nodes():
        value = node.output().toIValue() if node.kind() == "prim::Constant" else None
        if isinstance(value, Tensor) and value.is_floating_point() and value.ndim:
            found.append(value)
        for inner in node.blocks():
            found += _constants(inner)
    return found


def unsplit_modules(module: nn.Module) -> tuple[str, ...]:
    """Outermost scripted modules that have children."""
    found: list[str] = []
    for name, child in module.named_modules():
        if isinstance(child, torch.jit.ScriptModule) and any(child.children()) and not _inside(name, found):
            found.append(name)
    return tuple(found)


def _inside(name: str, parents: Iterable[str]) -> bool:
    return any(name != parent and (not parent or name.startswith(f"{parent}.")) for parent in parents)


def count_by_module(module: nn.Module, own: Mapping[str, int], unsplit: Iterable[str]) -> tuple[ModuleCount, ...]:
    """A row for each module with parameters or MACs, in the order of definition.

    Args:
        module: as the user made it: on a copy that was moved, tied weights are tied no more.
        own: by name, MACs of what each module did itself.
        unsplit: modules whose children have no rows.
    """
    rows = []
    for name, child in module.named_modules():
        if _inside(name, unsplit):
            continue
        prefix = f"{name}." if name else ""
        macs = sum(count for owner, count in own.items() if owner == name or owner.startswith(prefix))
        parameters = count_parameters(child)
        if parameters or macs:
            rows.append(ModuleCount(name, parameters, macs))
    return tuple(rows)
