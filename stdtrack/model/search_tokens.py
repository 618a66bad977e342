"""Search tokens left out between blocks, and put back after them ("candidate elimination").

The idea is OSTrack's (Ye et al. 2022). Ours: which go on is up to the spatiotemporal token's attention, where OSTrack
asks the template's centre, because templates do not look at the search here; and those left out keep their last values,
where OSTrack has zeros. Shapes: B targets, N tokens, the spatiotemporal one first, C channels, H heads of D channels.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def attended(qkv_BN3HD: Tensor) -> Tensor:
    """How much the first token looks at each of the others: (B, N - 1), each row's sum is 1; the mean over heads.

    Args:
        qkv_BN3HD: queries, keys and values of one block.
    """
    q_BH1D = qkv_BN3HD[:, :1, 0].transpose(1, 2).float()
    k_BHDN = qkv_BN3HD[:, 1:, 1].permute(0, 2, 3, 1).float()
    weight_BH1N: Tensor = ((q_BH1D @ k_BHDN) * q_BH1D.shape[-1] ** -0.5).softmax(dim=-1)
    return weight_BH1N.mean(dim=1)[:, 0]


def going_on(qkv_BN3HD: Tensor, count: int) -> Tensor:
    """Numbers of the tokens that go on, (B, 1 + count): the first, then the others by how much it looks at them."""
    return F.pad(attended(qkv_BN3HD).topk(count, dim=1).indices + 1, (1, 0))


def taken(x_BNC: Tensor, index_BK: Tensor) -> Tensor:
    """The tokens of these numbers: (B, N, C) -> (B, K, C)."""
    return x_BNC.gather(1, _of_channels(index_BK, x_BNC))


def put_back(x_BNC: Tensor, index_BK: Tensor, changed_BKC: Tensor) -> Tensor:
    """(B, N, C) tokens with those of these numbers replaced by (B, K, C)."""
    return x_BNC.scatter(1, _of_channels(index_BK, x_BNC), changed_BKC)


def _of_channels(index_BK: Tensor, x_BNC: Tensor) -> Tensor:
    return index_BK[:, :, None].expand(-1, -1, x_BNC.shape[-1])
