"""fvcore as a second opinion on the primary count: same contractions, another method (a traced graph).

fvcore has no handle for attention, and its handles for normalisation and resampling count operations that are no
MACs. ``set_op_handle(op, None)`` does not silence a default handle, so contractions are selected from its result.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from profiling.complexity import Complexity, evaluating, first_line
from profiling.operators import operator_class
from profiling.tensors import TensorsOnly, tensors_in
from profiling.traced_handles import HANDLES

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
        macs: None when the module cannot be traced; ``problem`` then says why.
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


def second_opinion(module: nn.Module, inputs: tuple[Any, ...], primary: Complexity) -> SecondOpinion:
    """Count ``module(*inputs)`` with fvcore and compare it with ``primary``; the module really runs once."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # fvcore compiles a loss with torch.jit when imported
        from fvcore.nn import FlopCountAnalysis

    flat = tuple(tensors_in(inputs))
    analysis = FlopCountAnalysis(TensorsOnly(module, inputs), flat)
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
    opaque = [name.removeprefix(OPAQUE) for name in missing if name.startswith(OPAQUE)]
    if macs < primary.macs and opaque:
        return SecondOpinion(None, missing=missing, problem=f"fvcore cannot see into {', '.join(opaque)}")
    difference = abs(macs - primary.macs) / primary.macs if primary.macs else float(macs > 0)
    disagreements = _disagreements(primary, counts) if difference > TOLERANCE else ()
    return SecondOpinion(macs, difference, disagreements, missing)


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
