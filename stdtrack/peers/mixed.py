"""Mixed attention, which both MixFormers share: template tokens see templates, all others see everything.

So what a template contributes does not depend on the search image: its keys and values can be computed once and kept.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def mixed_attention(
    q_BHND: Tensor, k_BHSD: Tensor, v_BHSD: Tensor, templates: tuple[int, int], scale: float | None = None
) -> Tensor:
    """(B, N, C): the first queries see the first keys alone, the other queries see all keys; heads are joined.

    Args:
        templates: how many queries, and how many keys, belong to templates. They come first.
        scale: on the products of queries and keys; None for 1 / sqrt(D).
    """
    queries, keys = templates
    first_BHND, other_BHND = q_BHND[:, :, :queries], q_BHND[:, :, queries:]
    parts = []
    if first_BHND.shape[2]:
        parts.append(F.scaled_dot_product_attention(first_BHND, k_BHSD[:, :, :keys], v_BHSD[:, :, :keys], scale=scale))
    if other_BHND.shape[2]:
        parts.append(F.scaled_dot_product_attention(other_BHND, k_BHSD, v_BHSD, scale=scale))
    return torch.cat(parts, dim=2).transpose(1, 2).flatten(2)
