"""fvcore as a second opinion on the primary count: same contractions, another method (a traced graph).

fvcore has no handle for attention, and its handles for normalisation and resampling count operations that are no
MACs. ``set_op_handle(op, None)`` does not silence a default handle, so contractions are selected from its result.

A difference is held against a module only if fvcore can know better: a traced graph drops what nobody uses, so products
are kept in it; and where fvcore has no handle for an operator that contracts, there is no opinion.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch._C._functorch import is_functorch_wrapped_tensor
from torch.overrides import TorchFunctionMode

from profiling.complexity.count import Complexity, evaluating, first_line
from profiling.complexity.fvcore_handles import HANDLES
from profiling.complexity.operator_log import function_name
from profiling.complexity.operators import operator_class
from profiling.complexity.tensors import TensorsOnly, tensors_in

TOLERANCE = 0.01

CONTRACTIONS = frozenset({"addmm", "bmm", "mm", "conv", "linear"} | {name.removeprefix("aten::") for name in HANDLES})
OPAQUE = "prim::PythonOp."


@dataclass(frozen=True)
class Disagreement:
    """A module whose own operators (children excluded) the two counters count differently."""

    module: str
    macs: int
    other_macs: int


@dataclass(frozen=True)
class SecondOpinion:
    """fvcore's MACs of the contractions, or why there are none.

    Attributes:
        macs: None when fvcore cannot trace the module or count an operator in it; ``problem`` then says why.
        difference: relative to the primary count; 0 when both count nothing.
        disagreements: modules at fault, when the difference exceeds :data:`TOLERANCE`.
        missing: operators for which there is no handle and that are not known to have no MACs.
    """

    macs: int | None
    difference: float | None = None
    disagreements: tuple[Disagreement, ...] = ()
    missing: tuple[str, ...] = ()
    problem: str = ""

    @property
    def agrees(self) -> bool:
        """Whether the two counts are within the tolerance; a missing opinion contradicts nothing."""
        return self.difference is None or self.difference <= TOLERANCE

    @property
    def confirms(self) -> bool:
        """Whether there is an opinion, and it agrees."""
        return self.macs is not None and self.agrees


def second_opinion(module: nn.Module, inputs: tuple[Any, ...], primary: Complexity) -> SecondOpinion:
    """Count ``module(*inputs)`` with fvcore and compare it with ``primary``; the module really runs once."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # fvcore compiles a loss with torch.jit when imported
        from fvcore.nn import FlopCountAnalysis

    flat = tuple(tensors_in(inputs))
    analysis = FlopCountAnalysis(_Traced(module, inputs, primary.contracting), flat)
    analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False).tracer_warnings("none")
    analysis.set_op_handle(**HANDLES)
    logger = logging.getLogger("fvcore.nn.jit_analysis")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with evaluating(module), torch.no_grad():
            by_module = analysis.by_module_and_operator()
    except Exception as error:  # noqa: BLE001 - whatever tracing does to anybody's module leaves the first count alone
        return SecondOpinion(None, problem=f"fvcore cannot trace it: {first_line(error)}")
    finally:
        logger.setLevel(level)
    counts = {_inner_name(name): _contraction_macs(operators) for name, operators in by_module.items()}
    macs = counts[""]
    missing = tuple(sorted(name for name in analysis.unsupported_ops() if not _known_free(name)))
    difference = _relative(macs - primary.macs, primary.macs)
    if difference <= TOLERANCE:
        return SecondOpinion(macs, difference, missing=missing)
    unseen = _unseen(analysis.unsupported_ops, list(by_module), primary.contracting)
    found = _disagreements(primary, counts)
    excused = [entry for entry in found if entry.module in unseen and entry.other_macs < entry.macs]
    at_fault = tuple(entry for entry in found if entry not in excused)
    rest = sum(entry.other_macs - entry.macs for entry in at_fault)
    if excused and _relative(rest, primary.macs) <= TOLERANCE:
        operators = {operator for entry in excused for operator in unseen[entry.module]}
        return SecondOpinion(None, missing=missing, problem=_inability(operators))
    return SecondOpinion(macs, difference, at_fault, missing)


class _Traced(TensorsOnly):
    """Something of every product is an output, or tracing would drop the products that nobody uses."""

    def __init__(self, module: nn.Module, inputs: tuple[Any, ...], contracting: frozenset[str]) -> None:
        super().__init__(module, inputs)
        self._contracting = contracting

    def forward(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        with _Products(self._contracting) as products:
            outputs = super().forward(*tensors)
        return (*outputs, *products.kept)


class _Products(TorchFunctionMode):
    """Keeps a number of every result of the functions that contract; whole results would take too much memory."""

    def __init__(self, contracting: frozenset[str]) -> None:
        super().__init__()
        self.kept: list[Tensor] = []
        self._contracting = contracting

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if function_name(func) in self._contracting:
            tensors = [tensor for tensor in tensors_in(result) if not is_functorch_wrapped_tensor(tensor)]
            self.kept += [tensor.sum() for tensor in tensors if tensor.layout == torch.strided]
        return result


def _relative(difference: int, whole: int) -> float:
    return abs(difference) / whole if whole else float(difference != 0)


def _unseen(
    operators_in: Callable[[str], Mapping[str, int]], modules: Sequence[str], contracting: frozenset[str]
) -> dict[str, list[str]]:
    """What may contract and fvcore cannot count, by name of the module that runs it itself (children excluded)."""
    found: dict[str, list[str]] = {}
    calls = {_inner_name(name): operators_in(name) for name in modules}
    for operator in calls[""]:
        if operator.startswith(OPAQUE) or operator.removeprefix("aten::").removeprefix("linalg_") in contracting:
            totals = {name: inside.get(operator, 0) for name, inside in calls.items()}
            for name in calls:
                if _own(name, totals):
                    found.setdefault(name, []).append(operator)
    return found


def _inability(operators: Iterable[str]) -> str:
    """Why fvcore has no opinion about a module with these operators."""
    opaque = sorted(name.removeprefix(OPAQUE) for name in operators if name.startswith(OPAQUE))
    unknown = sorted(name for name in operators if not name.startswith(OPAQUE))
    reasons = [f"has no handle for {', '.join(unknown)}"] * bool(unknown)
    reasons += [f"cannot see into {', '.join(opaque)}"] * bool(opaque)
    return f"fvcore {' and '.join(reasons)}"


def _inner_name(name: str) -> str:
    """``module.block`` as fvcore sees it inside :class:`TensorsOnly` is ``block`` to the user."""
    return name.removeprefix("module").removeprefix(".")


def _contraction_macs(operators: Mapping[str, float]) -> int:
    return round(sum(macs for name, macs in operators.items() if name in CONTRACTIONS))


def _disagreements(primary: Complexity, other: Mapping[str, int]) -> tuple[Disagreement, ...]:
    """Compare what every module does itself, so that the blame does not spread to all its ancestors."""
    ours = {entry.module: entry.macs for entry in primary.by_module}
    names = sorted(set(ours) | {name for name, macs in other.items() if macs})
    found = []
    for name in names:
        mine, theirs = _own(name, ours), _own(name, other)
        if abs(mine - theirs) > TOLERANCE * max(mine, theirs):
            found.append(Disagreement(name, mine, theirs))
    return tuple(found)


def _known_free(name: str) -> bool:
    """Whether all forms of an operator of a traced graph (``aten::relu``) have no MACs."""
    packet = getattr(torch.ops.aten, name.removeprefix("aten::"), None)
    return packet is not None and all(operator_class(getattr(packet, form)) for form in packet.overloads())


def _own(name: str, totals: Mapping[str, int]) -> int:
    prefix = f"{name}." if name else ""
    children = (
        macs for child, macs in totals.items() if child and child.startswith(prefix) and "." not in child[len(prefix) :]
    )
    return totals.get(name, 0) - sum(children)
