"""Contractions of a traced graph for which fvcore has no handle, or one that goes wrong: MACs from a node's shapes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from math import isqrt, prod
from typing import Any

Handle = Callable[[list[Any], list[Any]], int]
"""Inputs and outputs of a node in, MACs out."""


def _shape(value: Any) -> list[int]:
    """Sizes of a traced tensor."""
    return list(value.type().sizes())


def _listed(value: Any) -> list[Any]:
    """Elements of a list that the graph builds; none for any other value."""
    return list(value.node().inputs()) if value.node().kind() == "prim::ListConstruct" else []


def _attention(inputs: list[Any], outputs: list[Any]) -> int:
    """QK' and AV of query (..., L, E), key (..., S, E), value (..., S, V)."""
    query, key, value = (_shape(operand) for operand in inputs[:3])
    return prod(query[:-1]) * key[-2] * (query[-1] + value[-1])


def _matrix_product(inputs: list[Any], outputs: list[Any]) -> int:
    """Also with broadcast batches, which fvcore's own handle ignores."""
    return prod(_shape(outputs[0])) * _shape(inputs[0])[-1]


def _added_product(inputs: list[Any], outputs: list[Any]) -> int:
    """``added``, (..., N, K), (..., K, M)."""
    return prod(_shape(inputs[1])) * _shape(inputs[2])[-1]


def _added_vector_product(inputs: list[Any], outputs: list[Any]) -> int:
    return prod(_shape(inputs[1]))


def _vector_product(inputs: list[Any], outputs: list[Any]) -> int:
    return prod(_shape(inputs[0]))


def _tensor_product(inputs: list[Any], outputs: list[Any]) -> int:
    """Operands of S * A and S * B elements give A * B elements in A * B * S MACs, whatever the dimensions."""
    left, right, result = prod(_shape(inputs[0])), prod(_shape(inputs[1])), prod(_shape(outputs[0]))
    return isqrt(left * right * result)


def _convolution(inputs: list[Any], outputs: list[Any]) -> int:
    return prod(_shape(outputs[0])) * prod(_shape(inputs[1])[1:])


def _bilinear(inputs: list[Any], outputs: list[Any]) -> int:
    """One operand after the other: (B, I) x (O, I, J), then the result x (B, J)."""
    return prod(_shape(outputs[0])) * _shape(inputs[1])[-1] * (_shape(inputs[0])[-1] + 1)


def _recurrent_layers(inputs: list[Any], outputs: list[Any]) -> int:
    """Steps (T, B, I), or packed (T * B, I): every matrix among the parameters is used once in each of them."""
    parameters = [_shape(value) for entry in inputs for value in _listed(entry)]
    return prod(_shape(inputs[0])[:-1]) * sum(prod(shape) for shape in parameters if len(shape) == 2)


def _affine_grid(inputs: list[Any], outputs: list[Any]) -> int:
    return prod(_shape(outputs[0])) * _shape(inputs[0])[-1]


def _einsum(inputs: list[Any], outputs: list[Any]) -> int:
    shapes = [_shape(operand) for operand in _listed(inputs[1])]
    return einsum_macs(inputs[0].toIValue(), shapes, inputs[2].toIValue() or ())


HANDLES: Mapping[str, Handle] = {
    "aten::scaled_dot_product_attention": _attention,
    "aten::matmul": _matrix_product,
    "aten::addmm_": _added_product,
    "aten::addbmm": _added_product,
    "aten::addbmm_": _added_product,
    "aten::baddbmm": _added_product,
    "aten::baddbmm_": _added_product,
    "aten::addmv": _added_vector_product,
    "aten::addmv_": _added_vector_product,
    "aten::mv": _vector_product,
    "aten::dot": _vector_product,
    "aten::vdot": _vector_product,
    "aten::inner": _tensor_product,
    "aten::tensordot": _tensor_product,
    "aten::_convolution_mode": _convolution,
    "aten::bilinear": _bilinear,
    "aten::lstm": _recurrent_layers,
    "aten::gru": _recurrent_layers,
    "aten::rnn_tanh": _recurrent_layers,
    "aten::rnn_relu": _recurrent_layers,
    "aten::affine_grid_generator": _affine_grid,
    "aten::einsum": _einsum,
}

Shape = Sequence[int]


def einsum_macs(equation: str, shapes: Sequence[Shape], path: Sequence[int] = ()) -> int:
    """MACs of ``torch.einsum``; two operands that share no summed index are multiplied element by element, for none.

    ``path`` has two positions for each pair, as torch records it; without it the operands are taken from left to right.

    >>> einsum_macs("bnd,bmd->bnm", [(2, 3, 4), (2, 5, 4)]), einsum_macs("i,j->ij", [(3,), (4,)])
    (120, 0)
    >>> einsum_macs("...ij,jk,kl->...il", [(7, 2, 3), (3, 4), (4, 5)])
    448
    """
    terms, result = _terms(equation, shapes)
    sizes = _sizes(terms, shapes)
    sets = [frozenset(term) for term in terms]
    pairs = list(zip(path[::2], path[1::2], strict=True)) or [(0, 1)] * (len(sets) - 1)
    macs = 0
    for first, second in pairs:
        pair = [sets.pop(index) for index in sorted((first, second), reverse=True)]
        wanted = frozenset(result).union(*sets)
        macs += _pair_macs(pair[1], pair[0], wanted, sizes)
        joined = (pair[0] | pair[1]) & wanted
        sets = [joined, *sets] if not path else [*sets, joined]
    return macs


def _pair_macs(left: frozenset[str], right: frozenset[str], wanted: frozenset[str], sizes: Mapping[str, int]) -> int:
    """Indices of one operand alone that nobody wants are summed away before; the shared ones are the contraction."""
    used = (left & right) | ((left | right) & wanted)
    return prod(sizes[letter] for letter in used) if used - wanted else 0


def _terms(equation: str, shapes: Sequence[Shape]) -> tuple[list[str], str]:
    """Operands' and result's indices as letters; those behind an ellipsis become digits, counted from the right."""
    left, arrow, result = equation.replace(" ", "").partition("->")
    terms, longest = [], ""
    for term, shape in zip(left.split(","), shapes, strict=True):
        hidden = len(shape) - len(term.replace("...", ""))
        digits = "".join(chr(ord("0") + index) for index in reversed(range(hidden)))
        longest = max(longest, digits, key=len)
        terms.append(term.replace("...", digits))
    if arrow:
        return terms, result.replace("...", longest)
    once = (letter for letter, number in Counter("".join(terms)).items() if number == 1 and letter.isalpha())
    return terms, longest + "".join(sorted(once))


def _sizes(terms: Sequence[str], shapes: Sequence[Shape]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        for letter, size in zip(term, shape, strict=True):
            sizes[letter] = max(size, sizes.get(letter, 1))
    return sizes
