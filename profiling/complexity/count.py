"""Parameters, MACs and FLOPs (= 2 MACs) of a module, by module, with the list of what was not counted.

The primary counter is torch's ``FlopCounterMode`` on a ``meta`` copy: nothing is computed, and attention takes the
decomposition into matrix products that a CPU's fused kernel hides. A module that cannot run on ``meta`` (it reads a
value, or keeps tensors that do not move with it) is counted while it runs on its own device. One that runs on ``meta``
but does other work there is found by the second opinion only (:mod:`profiling.complexity.report`).
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch
from torch import nn
from torch.nn.parameter import is_lazy
from torch.utils.flop_counter import FlopCounterMode

from evalkit.errors import InputError
from profiling.complexity.by_module import ModuleCount, count_by_module, count_parameters, unsplit_modules
from profiling.complexity.formulas import EXTRA_FORMULAS
from profiling.complexity.operator_log import ContractingFunctions, HiddenWork, OperatorLog, running_modules
from profiling.complexity.operators import FLOPS_PER_MAC
from profiling.complexity.tensors import map_tensors
from profiling.complexity.threads import OtherThreads, threads_may_fail

ON_META = "torch FlopCounterMode on meta"
ON_DEVICE = "torch FlopCounterMode on the module's device"

Part = tuple[nn.Module, tuple[Any, ...]]
"""A module and example inputs: what it is called with for one frame (or for one initialisation)."""


@runtime_checkable
class HasComplexity(Protocol):
    """A tracker whose networks can be counted."""

    def complexity_parts(self) -> Mapping[str, Part]:
        """``init`` (template) and ``frame`` (one frame at steady state), batch 1: each a module and its inputs."""


@dataclass(frozen=True)
class Uncounted:
    """An operator that was executed and not counted; ``reason`` is None if it is unknown or contraction-like."""

    operator: str
    calls: int
    reason: str | None


@dataclass(frozen=True)
class Complexity:
    """What one call of a module costs.

    Attributes:
        parameters: elements of all parameters, shared ones once.
        macs: multiply-accumulates of the contractions (matrix products, convolutions, attention).
        bytes_moved: operands read plus results written by every operator if nothing is fused.
        by_module: modules in the order of definition; the whole comes first under the empty name.
        counter: how it was counted, and where.
        contracting: names of the torch functions that were counted.
        unsplit: scripted modules, whose children run out of sight and have no rows.
    """

    parameters: int
    macs: int
    bytes_moved: int
    by_module: tuple[ModuleCount, ...]
    uncounted: tuple[Uncounted, ...]
    counter: str
    contracting: frozenset[str] = frozenset()
    unsplit: tuple[str, ...] = ()

    @property
    def flops(self) -> int:
        """Floating-point operations, two a MAC."""
        return FLOPS_PER_MAC * self.macs


def count(module: nn.Module, inputs: tuple[Any, ...], *, allow_uncounted: bool = False) -> Complexity:
    """Count one call ``module(*inputs)`` in evaluation mode.

    Raises:
        InputError: the module does not run on ``inputs``, or an operator is neither counted nor known to have no MACs
            (unless ``allow_uncounted``).
    """
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=r"The \.grad attribute")  # scripted modules, when they move
            copied = copy.deepcopy(module).to("meta")
        meta_inputs = map_tensors(lambda tensor: tensor.to("meta"), inputs)
        with threads_may_fail():
            result = _count(copied, meta_inputs, ON_META, module)
    except Exception:  # noqa: BLE001 - anybody's module may raise anything where tensors have no values
        # It reads a value or holds tensors that stay behind; if the module itself is at fault, this fails again.
        return count_on_device(module, inputs, allow_uncounted=allow_uncounted)
    reject_unknown(result.uncounted, allow_uncounted)
    return result


def count_on_device(module: nn.Module, inputs: tuple[Any, ...], *, allow_uncounted: bool = False) -> Complexity:
    """:func:`count` while the module runs where it is."""
    try:
        result = _count(module, inputs, ON_DEVICE)
    except Exception as error:
        raise InputError(f"the module cannot be counted on its example inputs: {first_line(error)}") from error
    reject_unknown(result.uncounted, allow_uncounted)
    return result


def reject_unknown(uncounted: Iterable[Uncounted], allow_uncounted: bool) -> None:
    """Raise InputError that names the operators which may hide MACs, unless they are allowed."""
    unknown = [entry.operator for entry in uncounted if entry.reason is None]
    if unknown and not allow_uncounted:
        raise InputError(
            f"operators neither counted nor known to have no MACs: {', '.join(unknown)}",
            hint="--allow-uncounted counts the rest and lists them",
        )


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Evaluation mode, nothing compiled, and no fused attention layers: they hide their products. All is put back."""
    fast_path = torch.backends.mha.get_fastpath_enabled()
    training = [part for part in module.modules() if getattr(part, "training", False)]  # frozen scripts have none
    module.eval()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with torch.compiler.set_stance("force_eager"), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*when there are global hooks")  # the counter's own
            yield
    finally:
        for part in training:
            part.training = True
        torch.backends.mha.set_fastpath_enabled(fast_path)


def first_line(error: Exception) -> str:
    """Kind of an error and the beginning of what it says."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def _count(module: nn.Module, inputs: tuple[Any, ...], counter: str, original: nn.Module | None = None) -> Complexity:
    """Count a call; parameters are those of ``original``, as a copy on another device has no tied weights."""
    flops = FlopCounterMode(display=False, custom_mapping=EXTRA_FORMULAS)
    with evaluating(module), torch.no_grad(), running_modules(module) as running:
        log = OperatorLog(flops, running)
        functions = ContractingFunctions(flops)
        with log, flops, OtherThreads(log.note_unknown).observed(), HiddenWork(log.note_unknown), functions:
            module(*inputs)
    log.settle()
    unsplit = unsplit_modules(module)
    owner = module if original is None or _is_lazy(original) else original
    return Complexity(
        parameters=count_parameters(owner),
        macs=log.macs.total(),
        bytes_moved=log.bytes_moved,
        by_module=count_by_module(owner, log.macs, unsplit),
        uncounted=tuple(Uncounted(name, log.uncounted[name, why], why) for name, why in sorted(log.uncounted, key=str)),
        counter=counter,
        contracting=frozenset(functions.names),
        unsplit=unsplit,
    )


def _is_lazy(module: nn.Module) -> bool:
    """Whether some parameters get their shape from the first input, which the module has not seen."""
    return any(is_lazy(parameter) for parameter in module.parameters())
