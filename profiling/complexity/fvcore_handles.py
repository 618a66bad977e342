"""Contractions of a traced graph for which fvcore has no handle, or one that goes wrong: MACs from a node's shapes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isqrt, prod
from typing import Any

from profiling.complexity.einsum import einsum_macs

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
