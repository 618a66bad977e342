"""Which torch operators have no MACs by convention: whatever is neither here nor counted may be a contraction."""

from __future__ import annotations

from functools import cache

import torch
from torch._ops import OpOverload

FLOPS_PER_MAC = 2

NO_MACS: dict[str, frozenset[str]] = {
    "element-wise": frozenset(
        {"hardswish", "hardsigmoid", "gelu", "mish", "glu", "prelu", "_prelu_kernel", "celu", "rrelu", "lerp", "fill"}
        | {"masked_fill", "normal", "uniform", "bernoulli", "native_dropout", "dropout", "zero", "isnan", "isfinite"}
        | {"bucketize", "searchsorted", "nan_to_num", "copysign", "logit", "silu", "where", "clamp", "addcmul"}
        | {"log_sigmoid_forward", "rrelu_with_noise", "complex", "polar", "isin", "addr", "exponential", "multinomial"}
        | {"_thnn_fused_lstm_cell", "_thnn_fused_gru_cell", "floor_divide"}
    ),
    "normalisation": frozenset(
        {"native_layer_norm", "native_group_norm", "native_batch_norm", "_native_batch_norm_legit"}
        | {"_native_batch_norm_legit_no_training", "_batch_norm_no_update", "_batch_norm_with_update"}
        | {"cudnn_batch_norm", "miopen_batch_norm", "_fused_rms_norm", "linalg_vector_norm", "_weight_norm_interface"}
        | {"batch_norm_elemt", "batch_norm_stats", "norm", "renorm"}
    ),
    "softmax": frozenset({"_softmax", "_log_softmax", "_safe_softmax", "logsumexp", "softmax", "logcumsumexp"}),
    "pooling": frozenset(
        {"max_pool2d_with_indices", "max_pool3d_with_indices", "avg_pool2d", "avg_pool3d", "_adaptive_avg_pool2d"}
        | {"_adaptive_avg_pool3d", "adaptive_max_pool2d", "adaptive_max_pool3d", "max_pool2d", "fractional_max_pool2d"}
        | {"fractional_max_pool3d", "max_unpool2d", "max_unpool3d"}
    ),
    # Sampling weights are applied to a handful of neighbours a pixel; every counter of the field leaves them out.
    "resampling": frozenset(
        {"grid_sampler_2d", "grid_sampler_3d", "upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d"}
        | {"upsample_linear1d", "upsample_bilinear2d", "upsample_bicubic2d", "upsample_trilinear3d"}
        | {"_upsample_bilinear2d_aa", "_upsample_bicubic2d_aa", "_upsample_nearest_exact1d"}
        | {"_upsample_nearest_exact2d", "_upsample_nearest_exact3d"}
    ),
    "reduction": frozenset(
        {"sum", "mean", "amax", "amin", "max", "min", "argmax", "argmin", "any", "all", "prod", "cumsum", "cumprod"}
        | {"var", "std", "var_mean", "std_mean", "topk", "sort", "cummax", "cummin", "median", "nanmedian", "aminmax"}
        | {"kthvalue", "mode", "trace", "histc", "bincount", "_unique", "_unique2", "unique_dim", "unique_consecutive"}
    ),
    "shape and indexing": frozenset(
        {"cat", "stack", "clone", "copy", "_to_copy", "contiguous", "constant_pad_nd", "roll", "rot90", "flip"}
        | {"reflection_pad1d", "reflection_pad2d", "reflection_pad3d", "replication_pad1d", "replication_pad2d"}
        | {"replication_pad3d", "repeat", "repeat_interleave", "index", "index_select", "index_put", "_unsafe_index"}
        | {"gather", "scatter", "scatter_add", "scatter_reduce", "index_copy", "index_add", "index_fill", "take"}
        | {"masked_select", "masked_scatter", "slice_scatter", "select_scatter", "diagonal_scatter", "nonzero"}
        | {"embedding", "_embedding_bag", "_embedding_bag_forward_only", "one_hot", "tril", "triu", "diag_embed"}
        | {"im2col", "col2im", "resize", "lift_fresh", "lift_fresh_copy", "set", "view_copy", "unfold_copy"}
        | {"pixel_shuffle", "pixel_unshuffle", "channel_shuffle", "native_channel_shuffle", "_unsafe_view"}
        | {"_reshape_alias", "_reshape_copy", "_local_scalar_dense", "unsafe_split", "unsafe_chunk"}
        | {"unsafe_split_with_sizes", "split_with_sizes_copy", "_pack_padded_sequence", "_assert_async"}
        | {"_assert_tensor_metadata", "_unsafe_masked_index", "_unsafe_index_put", "block_diag"}
    ),
    "creation": frozenset(
        {"empty", "empty_like", "empty_strided", "zeros", "zeros_like", "ones", "ones_like", "full", "full_like"}
        | {"new_empty", "new_empty_strided", "new_zeros", "new_ones", "new_full", "arange", "linspace", "logspace"}
        | {"scalar_tensor", "rand", "randn", "rand_like", "randn_like", "randperm", "randint", "randint_like", "eye"}
        | {"tril_indices", "triu_indices", "_efficientzerotensor", "detach", "alias", "hann_window"}
    ),
}


@cache
def operator_class(operator: OpOverload) -> str | None:
    """Why an uncounted operator has no MACs; None for a contraction-like or unknown one.

    torch's own tags decide first (``pointwise``, ``reduction``, views), then the table above by name. All forms of an
    operator (in place, with a number, into a given tensor) are judged alike. Operators of other libraries are unknown,
    whatever their names.

    >>> aten = torch.ops.aten
    >>> operator_class(aten.add.Tensor), operator_class(aten.abs_.default), operator_class(aten._cdist_forward.default)
    ('element-wise', 'element-wise', None)
    """
    if operator.is_view or torch.Tag.inplace_view in operator.tags:
        return "shape and indexing"
    if operator.namespace == "profiler":
        return "marks for profilers"
    if operator.namespace != "aten":
        return None
    name = operator._schema.name.rpartition("::")[2]
    forms = [name] if name in _CLASS_OF else [name, name.removesuffix("_")]
    tags = {tag for form in forms for tag in _tags(form)}
    if torch.Tag.pointwise in tags:
        return "element-wise"
    if torch.Tag.reduction in tags:
        return "reduction"
    return _CLASS_OF.get(forms[-1])


def _tags(name: str) -> set[torch.Tag]:
    """Tags of all overloads of an operator of torch."""
    packet = getattr(torch.ops.aten, name, None)
    return set() if packet is None else {tag for form in packet.overloads() for tag in getattr(packet, form).tags}


_CLASS_OF = {name: label for label, names in NO_MACS.items() for name in names}
