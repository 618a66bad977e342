"""Which module of a network has how much of its parameters and MACs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import nn

from profiling.operators import FLOPS_PER_MAC


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
    """Number of parameter elements, shared ones once."""
    return sum(parameter.numel() for parameter in module.parameters())


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
