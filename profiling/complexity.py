"""Parameters, MACs and FLOPs (= 2 MACs) of a module, by module, with the list of what was not counted.

The primary counter is torch's ``FlopCounterMode`` on a ``meta`` copy: nothing is computed, and attention takes the
decomposition into matrix products that a CPU's fused kernel hides. A module that cannot run on ``meta`` (it reads a
value, or keeps tensors that do not move with it) is counted while it runs on its own device.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from evalkit.errors import InputError
from profiling.operators import EXTRA_FORMULAS, FLOPS_PER_MAC, operator_class
from profiling.tensors import map_tensors, tensors_in

Part = tuple[nn.Module, tuple[Any, ...]]
"""A module and example inputs: what it is called with for one frame (or for one initialisation)."""


@runtime_checkable
class HasComplexity(Protocol):
    """A tracker whose networks can be counted."""

    def complexity_parts(self) -> Mapping[str, Part]:
        """``init`` (template) and ``frame`` (one frame at steady state), batch 1: each a module and its inputs."""


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
        counter: how it was counted.
    """

    parameters: int
    macs: int
    bytes_moved: int
    by_module: tuple[ModuleCount, ...]
    uncounted: tuple[Uncounted, ...]
    counter: str

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
        counted = copy.deepcopy(module).to("meta").eval()
        meta_inputs = map_tensors(lambda tensor: tensor.to("meta"), inputs)
        result = _count(counted, meta_inputs, "torch FlopCounterMode on meta")
    except (RuntimeError, TypeError):
        # It reads a value or holds tensors that stay behind; if the module itself is at fault, this fails again.
        try:
            with evaluating(module):
                result = _count(module, inputs, "torch FlopCounterMode on the module's device")
        except (RuntimeError, TypeError) as error:
            reason = str(error).strip().splitlines()[0]
            raise InputError(f"the module cannot be called with its example inputs: {reason}") from error
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


def count_parameters(module: nn.Module) -> int:
    """Number of parameter elements, shared ones once."""
    return sum(parameter.numel() for parameter in module.parameters())


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Evaluation mode, without the fused attention layers that hide their products; both are put back afterwards."""
    training, fast_path = module.training, torch.backends.mha.get_fastpath_enabled()
    module.eval()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        module.train(training)
        torch.backends.mha.set_fastpath_enabled(fast_path)


class _OperatorLog(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Entered outside the counter, it sees every operator after the counter has decomposed it, before it is counted.

    The counter's own figures by module follow the calls; here an operator belongs to the innermost module that runs,
    and so to all modules whose name is a beginning of that one's: also to a module used by other methods than forward.
    """

    def __init__(self, counter: FlopCounterMode) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.calls: Counter[Any] = Counter()
        self.bytes_moved = 0
        self.flops: Counter[str] = Counter()
        self._counter, self._owner, self._seen = counter, "", 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.settle()
        self._owner = max(self._counter.mod_tracker.parents - {"Global"}, key=len, default="")
        result = func(*args, **(kwargs or {}))
        self.calls[func] += 1
        if not func.is_view:
            self.bytes_moved += sum(tensor.nbytes for tensor in tensors_in((args, kwargs or {}, result)))
        return result

    def settle(self) -> None:
        """Give what was counted since the last operator to its owner."""
        total = self._counter.get_total_flops()
        self.flops[self._owner] += total - self._seen
        self._seen = total


def _count(module: nn.Module, inputs: tuple[Any, ...], counter: str) -> Complexity:
    flops = FlopCounterMode(display=False, custom_mapping=EXTRA_FORMULAS)
    log = _OperatorLog(flops)
    with torch.no_grad(), log, flops:
        module(*inputs)
    log.settle()
    return Complexity(
        parameters=count_parameters(module),
        macs=flops.get_total_flops() // FLOPS_PER_MAC,
        bytes_moved=log.bytes_moved,
        by_module=_by_module(module, log.flops),
        uncounted=_uncounted(log.calls, counted=frozenset(flops.flop_registry)),
        counter=counter,
    )


def _by_module(module: nn.Module, flops: Mapping[str, int]) -> tuple[ModuleCount, ...]:
    """``flops`` has what each module did itself, under ``Root.child.grandchild``."""
    own = {owner.partition(".")[2]: count // FLOPS_PER_MAC for owner, count in flops.items() if owner}
    rows = []
    for name, child in module.named_modules():
        prefix = f"{name}." if name else ""
        macs = sum(count for owner, count in own.items() if owner == name or owner.startswith(prefix))
        parameters = count_parameters(child)
        if parameters or macs:
            rows.append(ModuleCount(name, parameters, macs))
    return tuple(rows)


def _uncounted(calls: Mapping[Any, int], counted: frozenset[Any]) -> tuple[Uncounted, ...]:
    merged: Counter[tuple[str, str | None]] = Counter()
    for operator, number in calls.items():
        if operator.overloadpacket not in counted:
            merged[str(operator.overloadpacket), operator_class(operator)] += number
    return tuple(Uncounted(name, number, reason) for (name, reason), number in sorted(merged.items(), key=str))
