"""Which torch operators multiply and accumulate, and which have no MACs by convention."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import torch
from torch.utils.flop_counter import sdpa_flop_count

aten = torch.ops.aten

Shape = torch.Size

FLOPS_PER_MAC = 2


def _vector_product(first: Shape, second: Shape, *args: Any, out_shape: Any = None, **kwargs: Any) -> int:
    """``mv`` (n, m) x (m,), ``dot`` and ``vdot`` (m,) x (m,): every element of the first operand is used once."""
    return FLOPS_PER_MAC * prod(first)


def _added_vector_product(added: Shape, first: Shape, *args: Any, out_shape: Any = None, **kwargs: Any) -> int:
    return FLOPS_PER_MAC * prod(first)


def _attention(query: Shape, key: Shape, value: Shape, *args: Any, out_shape: Any = None, **kwargs: Any) -> int:
    return int(sdpa_flop_count(query, key, value))  # type: ignore[no-untyped-call]


# Contractions that torch's own registry leaves out: without them they would be counted as nothing, silently.
EXTRA_FORMULAS: dict[Any, Callable[..., int]] = {
    aten.mv: _vector_product,
    aten.dot: _vector_product,
    aten.vdot: _vector_product,
    aten.addmv: _added_vector_product,
    aten._scaled_dot_product_flash_attention_for_cpu: _attention,
}

NO_MACS: dict[str, frozenset[str]] = {
    "element-wise": frozenset(
        {"hardswish", "hardsigmoid", "gelu", "mish", "glu", "prelu", "_prelu_kernel", "celu", "rrelu", "lerp", "fill"}
        | {"masked_fill", "normal", "uniform", "bernoulli", "native_dropout", "dropout", "zero", "isnan", "isfinite"}
        | {"bucketize", "searchsorted", "nan_to_num", "copysign", "logit", "silu", "where", "clamp", "addcmul"}
    ),
    "normalisation": frozenset(
        {"native_layer_norm", "native_group_norm", "native_batch_norm", "_native_batch_norm_legit"}
        | {"_native_batch_norm_legit_no_training", "_batch_norm_no_update", "_batch_norm_with_update"}
        | {"cudnn_batch_norm", "miopen_batch_norm", "_fused_rms_norm", "linalg_vector_norm", "_weight_norm_interface"}
        | {"batch_norm_elemt", "batch_norm_stats", "norm"}
    ),
    "softmax": frozenset({"_softmax", "_log_softmax", "_safe_softmax", "logsumexp", "softmax"}),
    "pooling": frozenset(
        {"max_pool2d_with_indices", "max_pool3d_with_indices", "avg_pool2d", "avg_pool3d", "_adaptive_avg_pool2d"}
        | {"_adaptive_avg_pool3d", "adaptive_max_pool2d", "adaptive_max_pool3d", "max_pool2d", "fractional_max_pool2d"}
    ),
    # Sampling weights are applied to a handful of neighbours a pixel; every counter of the field leaves them out.
    "resampling": frozenset(
        {"grid_sampler_2d", "grid_sampler_3d", "upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d"}
        | {"upsample_linear1d", "upsample_bilinear2d", "upsample_bicubic2d", "upsample_trilinear3d"}
        | {"_upsample_bilinear2d_aa", "_upsample_bicubic2d_aa", "_upsample_nearest_exact2d"}
    ),
    "reduction": frozenset(
        {"sum", "mean", "amax", "amin", "max", "min", "argmax", "argmin", "any", "all", "prod", "cumsum", "cumprod"}
        | {"var", "std", "var_mean", "std_mean", "topk", "sort", "cummax", "median", "aminmax"}
    ),
    "shape and indexing": frozenset(
        {"cat", "stack", "clone", "copy", "_to_copy", "contiguous", "constant_pad_nd", "reflection_pad2d", "roll"}
        | {"replication_pad2d", "flip", "repeat", "index", "index_select", "index_put", "_unsafe_index", "gather"}
        | {"scatter", "scatter_add", "index_copy", "index_add", "index_fill", "masked_select", "masked_scatter"}
        | {"slice_scatter", "select_scatter", "embedding", "nonzero", "tril", "triu", "im2col", "col2im", "resize"}
        | {"lift_fresh", "lift_fresh_copy", "pixel_shuffle", "pixel_unshuffle", "channel_shuffle", "_unsafe_view"}
        | {"_reshape_alias", "_local_scalar_dense", "one_hot", "take", "repeat_interleave", "native_channel_shuffle"}
        | {
            "unfold_copy",
            "unsafe_split",
            "unsafe_chunk",
            "unsafe_split_with_sizes",
            "view_copy",
            "set",
            "_reshape_copy",
            "split_with_sizes_copy",
        }
    ),
    "creation": frozenset(
        {"empty", "empty_like", "empty_strided", "zeros", "zeros_like", "ones", "ones_like", "full", "full_like"}
        | {"new_empty", "new_empty_strided", "new_zeros", "new_ones", "new_full", "arange", "linspace", "eye"}
        | {"scalar_tensor", "rand", "randn", "rand_like", "randn_like", "randperm", "randint", "tril_indices"}
        | {"triu_indices", "_efficientzerotensor", "detach", "alias", "hann_window"}
    ),
}


def operator_class(operator: Any) -> str | None:
    """Why an uncounted operator (an ``OpOverload``) has no MACs; None for a contraction-like or unknown one.

    torch's own tags decide first (``pointwise``, ``reduction``, views), then the table above by name; the in-place
    form of an operator is judged as the operator itself.

    >>> operator_class(torch.ops.aten.add.Tensor), operator_class(torch.ops.aten._cdist_forward.default)
    ('element-wise', None)
    """
    if operator.is_view or torch.Tag.inplace_view in operator.tags:
        return "shape and indexing"
    if torch.Tag.pointwise in operator.tags:
        return "element-wise"
    if torch.Tag.reduction in operator.tags:
        return "reduction"
    name = operator._schema.name.rpartition("::")[2]
    base = name if name in _CLASS_OF else name.removesuffix("_")
    return _CLASS_OF.get(base)


_CLASS_OF = {name: label for label, names in NO_MACS.items() for name in names}
