"""Formulas of contractions that torch's own registry leaves out; without them they would be no part of the count."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import torch
from torch.utils.flop_counter import sdpa_flop_count

from profiling.complexity.operators import FLOPS_PER_MAC

aten = torch.ops.aten

Shape = torch.Size


def _vector_product(first: Shape, second: Shape, *args: Any, out_shape: Any = None, **kwargs: Any) -> int:
    """``mv`` (n, m) x (m,), ``dot`` and ``vdot`` (m,) x (m,): every element of the first operand is used once."""
    return FLOPS_PER_MAC * prod(first)


def _added_vector_product(added: Shape, first: Shape, *args: Any, out_shape: Any = None, **kwargs: Any) -> int:
    return FLOPS_PER_MAC * prod(first)


def _added_product(added: Shape, first: Shape, second: Shape, *args: Any, out_shape: Any = None, **kwargs: Any) -> int:
    """(..., N, K) x (..., K, M)."""
    return FLOPS_PER_MAC * prod(first) * second[-1]


def _attention(query: Shape, key: Shape, value: Shape, *args: Any, out_shape: Any = None, **kwargs: Any) -> int:
    return int(sdpa_flop_count(query, key, value))  # type: ignore[no-untyped-call]


def _bilinear(left: Shape, weight: Shape, right: Shape, *args: Any, out_shape: Any = None, **kwargs: Any) -> int:
    """(B, I) x (O, I, J) x (B, J) -> (B, O), one operand after the other, as torch computes it."""
    outputs, inner_left, inner_right = weight
    return FLOPS_PER_MAC * prod(left[:-1]) * outputs * inner_right * (inner_left + 1)


def _recurrent_layer(steps: Shape, input_weight: Shape, state_weight: Shape, *args: Any, **kwargs: Any) -> int:
    """One layer of an LSTM over (T, B, I): both matrices are used in each step."""
    return FLOPS_PER_MAC * prod(steps[:-1]) * (prod(input_weight) + prod(state_weight))


def _affine_grid(matrix: Shape, *args: Any, out_shape: Shape, **kwargs: Any) -> int:
    """Coordinates (N, H, W, 2) or (N, D, H, W, 3), each a product of a row of the matrix with a homogeneous point."""
    return FLOPS_PER_MAC * prod(out_shape) * matrix[-1]


def _last_axis_product(rows: Shape, *args: Any, out_shape: Shape, **kwargs: Any) -> int:
    """(..., K) with weights of any packing -> (..., M): every result is a sum over K."""
    return FLOPS_PER_MAC * prod(out_shape) * rows[-1]


def _quantised_convolution(image: Shape, packed: Any, *args: Any, out_shape: Shape, **kwargs: Any) -> int:
    """Packed weights (O, I / groups, ...) -> (B, O, ...)."""
    return FLOPS_PER_MAC * prod(out_shape) * int(prod(packed.unpack()[0].shape[1:]))


quantized = torch.ops.quantized

EXTRA_FORMULAS: dict[Any, Callable[..., int]] = {
    aten.mv: _vector_product,
    aten.dot: _vector_product,
    aten.vdot: _vector_product,
    aten.addmv: _added_vector_product,
    aten.addmv_: _added_vector_product,
    aten.addmm_: _added_product,
    aten.addbmm: _added_product,
    aten.addbmm_: _added_product,
    aten.baddbmm_: _added_product,
    aten._trilinear: _bilinear,
    aten._int_mm: _last_axis_product,
    aten._weight_int8pack_mm: _last_axis_product,
    aten._weight_int4pack_mm: _last_axis_product,
    aten._weight_int4pack_mm_for_cpu: _last_axis_product,
    quantized.linear: _last_axis_product,
    quantized.linear_relu: _last_axis_product,
    quantized.linear_dynamic: _last_axis_product,
    quantized.linear_relu_dynamic: _last_axis_product,
    quantized.conv1d: _quantised_convolution,
    quantized.conv1d_relu: _quantised_convolution,
    quantized.conv2d: _quantised_convolution,
    quantized.conv2d_relu: _quantised_convolution,
    aten.mkldnn_rnn_layer: _recurrent_layer,
    aten.affine_grid_generator: _affine_grid,
    aten._scaled_dot_product_flash_attention_for_cpu: _attention,
}
