"""Every torch operator that a module executes: who ran it, whether it was counted, and the bytes that it moved."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch._ops import HigherOrderOperator, OpOverload
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from profiling.complexity.operators import FLOPS_PER_MAC, operator_class
from profiling.complexity.tensors import tensors_in


class OperatorLog(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Entered outside the counter, it sees every operator after the counter has decomposed it, before it is counted.

    The counter's own figures by module follow the calls, which leaves out modules of which another method than
    ``forward`` is used. Here an operator belongs to the innermost module that runs, and so to all that contain it.

    Attributes:
        macs: by name of the module that ran the operators itself, children excluded.
        uncounted: calls by operator and by why it has no MACs; None for a contraction-like or unknown one.
        bytes_moved: operands read plus results written by every operator if nothing is fused.
    """

    def __init__(self, counter: FlopCounterMode, running: Sequence[str]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.macs: Counter[str] = Counter()
        self.uncounted: Counter[tuple[str, str | None]] = Counter()
        self.bytes_moved = 0
        self._counter, self._running, self._seen = counter, running, 0
        self._owner: str | None = None

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.settle()
        result = func(*args, **(kwargs or {}))
        tensors = tensors_in((args, kwargs or {}, result))
        if not (isinstance(func, OpOverload) and func.is_view):
            self.bytes_moved += sum(tensor.numel() * tensor.element_size() for tensor in tensors)
        self._owner = self._running[-1]
        if getattr(func, "overloadpacket", func) not in self._counter.flop_registry:
            name, reason = name_and_reason(func)
            self.uncounted[name, reason] += 1
        elif kind := _unusual(tensors):
            # The formulas are of dense products of real numbers.
            self.uncounted[f"{func.overloadpacket} of {kind}", None] += 1
            self._owner = None
        return result

    def note_unknown(self, name: str) -> None:
        """One more call of something that nobody counts."""
        self.uncounted[name, None] += 1

    def settle(self) -> None:
        """Give what was counted since the last operator to its owner."""
        total = self._counter.get_total_flops()
        if self._owner is not None:
            self.macs[self._owner] += (total - self._seen) // FLOPS_PER_MAC
        self._seen = total


class HiddenWork(TorchFunctionMode):
    """Notes where a module works out of the counter's sight.

    That is numpy, to which it hands its tensors, and torch's operators that take functions (``torch.cond``, loops,
    flexible attention): how much they do depends on the data, or happens in a kernel of their own.
    """

    def __init__(self, note: Callable[[str], None]) -> None:
        super().__init__()
        self._note = note

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in (Tensor.numpy, Tensor.__array__):
            self._note("Tensor.numpy")
        elif isinstance(func, HigherOrderOperator):
            self._note(f"torch.{func.__name__}")
        return func(*args, **(kwargs or {}))


class ContractingFunctions(TorchFunctionMode):
    """Names of the torch functions that were counted, such as ``linear`` or ``cov``: they contract."""

    def __init__(self, counter: FlopCounterMode) -> None:
        super().__init__()
        self.names: set[str] = set()
        self._counter = counter

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        before = self._counter.get_total_flops()
        result = func(*args, **(kwargs or {}))
        if self._counter.get_total_flops() > before:
            self.names.add(function_name(func))
        return result


def function_name(func: Any) -> str:
    """``cov`` for ``torch.cov`` and ``Tensor.cov``; of those that ``torch.linalg`` has as well, the shorter name."""
    return str(getattr(func, "__name__", func)).removeprefix("linalg_")


@contextmanager
def running_modules(module: nn.Module) -> Iterator[Sequence[str]]:
    """Names of the parts of ``module`` whose ``forward`` is running, innermost last; the whole is the empty name.

    A module that is none of its parts, such as one made on the fly, counts as the part that calls it.
    """
    names = {id(child): name for name, child in module.named_modules()}
    running = [""]
    counting = threading.get_ident()

    def enter(child: nn.Module, inputs: Any) -> None:
        if threading.get_ident() == counting:
            running.append(names.get(id(child), running[-1]))

    def leave(child: nn.Module, inputs: Any, output: Any) -> None:
        if threading.get_ident() == counting:
            running.pop()

    hooks = register_module_forward_pre_hook(enter), register_module_forward_hook(leave, always_call=True)
    try:
        yield running
    finally:
        for hook in hooks:
            hook.remove()


def name_and_reason(func: Any) -> tuple[str, str | None]:
    """An operator's name, and why it has no MACs: None where nobody knows that it has none."""
    return (str(func.overloadpacket), operator_class(func)) if isinstance(func, OpOverload) else (str(func), None)


def _unusual(tensors: Sequence[Tensor]) -> str:
    if any(tensor.is_complex() for tensor in tensors):
        return "complex numbers"
    return "sparse tensors" if any(tensor.layout != torch.strided for tensor in tensors) else ""
