"""fvcore as a second opinion on the primary count: same contractions, another method (a traced graph).

fvcore has no handle for attention, and its handles for normalisation and resampling count operations that are no
MACs. ``set_op_handle(op, None)`` does not silence a default handle, so contractions are selected from its result.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from torch import nn

from profiling.complexity import Complexity, evaluating
from profiling.tensors import TensorsOnly, tensors_in

TOLERANCE = 0.01

CONTRACTIONS = frozenset(
    {"addmm", "bmm", "baddbmm", "mm", "mv", "dot", "conv", "einsum", "matmul", "linear", "scaled_dot_product_attention"}
)


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
        missing: operators for which fvcore has no handle (element-wise ones and the like included).
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
    analysis.set_op_handle(**_handles())
    logger = logging.getLogger("fvcore.nn.jit_analysis")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with evaluating(module), torch.no_grad():
            by_module = analysis.by_module_and_operator()
    except (RuntimeError, ValueError, NotImplementedError, AssertionError) as error:
        return SecondOpinion(None, problem=f"fvcore cannot trace it: {str(error).strip().splitlines()[-1:]}")
    finally:
        logger.setLevel(level)
    counts = {_inner_name(name): _contraction_macs(operators) for name, operators in by_module.items()}
    macs = counts[""]
    difference = abs(macs - primary.macs) / primary.macs if primary.macs else float(macs > 0)
    disagreements = _disagreements(primary, counts) if difference > TOLERANCE else ()
    return SecondOpinion(macs, difference, disagreements, tuple(sorted(analysis.unsupported_ops())))


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


def _own(name: str, totals: Mapping[str, int]) -> int:
    prefix = f"{name}." if name else ""
    children = (
        macs for child, macs in totals.items() if child and child.startswith(prefix) and "." not in child[len(prefix) :]
    )
    return totals.get(name, 0) - sum(children)


def _handles() -> dict[str, Any]:
    """The contractions for which fvcore has no handle, or one that ignores broadcasting."""
    return {
        "aten::scaled_dot_product_attention": _attention,
        "aten::matmul": _matrix_product,
        "aten::baddbmm": _added_batch_product,
        "aten::mv": _first_operand,
        "aten::dot": _first_operand,
        "aten::einsum": _einsum,
    }


def _shape(value: Any) -> list[int]:
    from fvcore.nn.jit_handles import get_shape

    shape: list[int] = get_shape(value)
    return shape


def _attention(inputs: list[Any], outputs: list[Any]) -> int:
    """QK' and AV of query (..., L, E), key (..., S, E), value (..., S, V)."""
    query, key, value = (_shape(operand) for operand in inputs[:3])
    return prod(query[:-1]) * key[-2] * (query[-1] + value[-1])


def _matrix_product(inputs: list[Any], outputs: list[Any]) -> int:
    return prod(_shape(outputs[0])) * _shape(inputs[0])[-1]


def _added_batch_product(inputs: list[Any], outputs: list[Any]) -> int:
    return prod(_shape(outputs[0])) * _shape(inputs[1])[-1]


def _first_operand(inputs: list[Any], outputs: list[Any]) -> int:
    return prod(_shape(inputs[0]))


def _einsum(inputs: list[Any], outputs: list[Any]) -> float:
    """Two operands: the product of all index sizes; fvcore's own search for more operands or an ellipsis."""
    from fvcore.nn.jit_handles import einsum_flop_jit

    terms = inputs[0].toIValue().replace(" ", "").partition("->")[0].split(",")
    if len(terms) != 2 or any("." in term for term in terms):
        return float(einsum_flop_jit(inputs, outputs))
    shapes = [_shape(operand) for operand in inputs[1].node().inputs()]
    sizes: dict[str, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        for letter, size in zip(term, shape, strict=True):
            sizes[letter] = max(size, sizes.get(letter, 1))
    return float(prod(sizes.values()))
