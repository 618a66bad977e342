"""LeViT (Graham et al., ICCV 2021) without its classifier, on the tokens of two images together, as HiT runs it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

STRIDE = 16
"""Pixels of a token's side in the first stage."""
MLP_RATIO = 2


@dataclass(frozen=True)
class LeViTSizes:
    """What differs between variants.

    Attributes:
        dims, depths, heads: of the three stages; a unit of depth is an attention and an MLP.
        shrink_heads: of the two attentions that halve the grids between stages.
        key_dim: of queries and keys a head; values have twice as many in stages, four times in shrinks.
    """

    dims: tuple[int, int, int] = (384, 512, 768)
    depths: tuple[int, int, int] = (4, 4, 4)
    heads: tuple[int, int, int] = (6, 9, 12)
    shrink_heads: tuple[int, int] = (12, 16)
    key_dim: int = 32


def token_points(search_grid: int, template_grid: int) -> NDArray[np.int64]:
    """(N, 2) row and column of every token, search first: the template lies diagonally below the search grid."""
    grids = ((search_grid, 0), (template_grid, search_grid))
    return np.concatenate([np.indices((side, side)).reshape(2, -1).T + start for side, start in grids])


def offset_table(queries_Q2: NDArray[np.int64], keys_K2: NDArray[np.int64]) -> NDArray[np.int64]:
    """(Q, K) number of the offset |query - key| of each pair, in the order in which offsets first appear.

    >>> offset_table(token_points(2, 0), token_points(2, 0)).tolist()
    [[0, 1, 2, 3], [1, 0, 3, 2], [2, 3, 0, 1], [3, 2, 1, 0]]
    """
    distance = np.abs(queries_Q2[:, None] - keys_K2[None])
    code = distance[..., 0] * (distance.max() + 1) + distance[..., 1]
    _, first, inverse = np.unique(code, return_index=True, return_inverse=True)
    number = np.argsort(np.argsort(first))
    return number[inverse].reshape(code.shape)


class ConvBN(nn.Sequential):
    """A 3 x 3 convolution of stride 2 without bias, and its batch norm."""

    def __init__(self, dim_in: int, dim_out: int) -> None:
        conv = nn.Conv2d(dim_in, dim_out, 3, stride=2, padding=1, bias=False)
        super().__init__(OrderedDict(c=conv, bn=nn.BatchNorm2d(dim_out)))


class LinearBN(nn.Sequential):
    """A linear layer without bias, and a batch norm over all tokens."""

    def __init__(self, dim_in: int, dim_out: int) -> None:
        super().__init__(OrderedDict(c=nn.Linear(dim_in, dim_out, bias=False), bn=nn.BatchNorm1d(dim_out)))

    def forward(self, x_BNC: Tensor) -> Tensor:
        """(B, N, C_in) -> (B, N, C_out)."""
        B, N, _ = x_BNC.shape
        y_RC: Tensor = self[1](self[0](x_BNC.flatten(0, 1)))
        return y_RC.view(B, N, -1)


class BiasedAttention(nn.Module):
    """What both attentions share: a learned bias for every distinct offset between query and key, and the products."""

    attention_bias_idxs: Tensor
    bias_HQK: Tensor | None

    def __init__(self, heads: int, key_dim: int, offsets_QK: NDArray[np.int64]) -> None:
        super().__init__()
        self.heads, self.key_dim, self.scale = heads, key_dim, key_dim**-0.5
        self.attention_biases = nn.Parameter(torch.zeros(heads, int(offsets_QK.max()) + 1))
        self.register_buffer("attention_bias_idxs", torch.from_numpy(offsets_QK))
        self.register_buffer("bias_HQK", None, persistent=False)

    def split(self, x_BNC: Tensor, sizes: Sequence[int]) -> Sequence[Tensor]:
        """(B, N, H * sum(sizes)), heads outermost -> one (B, H, N, size) for each size."""
        B, N, _ = x_BNC.shape
        x_BHNE = x_BNC.view(B, N, self.heads, -1).transpose(1, 2)
        return torch.split_with_sizes(x_BHNE, list(sizes), dim=-1)

    def attend(self, q_BHQD: Tensor, k_BHKD: Tensor, v_BHKE: Tensor) -> Tensor:
        """-> (B, Q, H * E)."""
        bias_HQK = self.attention_biases[:, self.attention_bias_idxs] if self.bias_HQK is None else self.bias_HQK
        logits_BHQK = torch.add(bias_HQK, q_BHQD @ k_BHKD.transpose(-2, -1), alpha=self.scale)
        return (logits_BHQK.softmax(dim=-1) @ v_BHKE).transpose(1, 2).flatten(2)

    @torch.no_grad()
    def lay_out_bias(self) -> None:
        """Keep the table of biases; to be called when the weights are final."""
        self.bias_HQK = self.attention_biases[:, self.attention_bias_idxs]


class Attention(BiasedAttention):
    """Self-attention of one stage."""

    def __init__(self, dim: int, heads: int, key_dim: int, points_N2: NDArray[np.int64]) -> None:
        super().__init__(heads, key_dim, offset_table(points_N2, points_N2))
        self.sizes = (key_dim, key_dim, 2 * key_dim)
        self.qkv = LinearBN(dim, heads * sum(self.sizes))
        self.proj = nn.Sequential(nn.Hardswish(), LinearBN(heads * self.sizes[-1], dim))

    def forward(self, x_BNC: Tensor) -> Tensor:
        """(B, N, C) -> (B, N, C)."""
        y_BNC: Tensor = self.proj(self.attend(*self.split(self.qkv(x_BNC), self.sizes)))
        return y_BNC


class Halve(nn.Module):
    """Every second row and column of both grids, beginning with the first."""

    def __init__(self, grids: tuple[int, int]) -> None:
        super().__init__()
        self.grids = grids

    def forward(self, x_BNC: Tensor) -> Tensor:
        """(B, N, C) -> (B, N / 4, C)."""
        search, template = self.grids
        x_BMC, z_BMC = x_BNC[:, : search * search], x_BNC[:, search * search :]
        return torch.cat((_halved(x_BMC, search), _halved(z_BMC, template)), dim=1)


def _halved(x_BNC: Tensor, side: int) -> Tensor:
    B, _, C = x_BNC.shape
    return x_BNC.view(B, side, side, C)[:, ::2, ::2].flatten(1, 2)


class ShrinkAttention(BiasedAttention):
    """Attention whose queries are a quarter of the tokens: from one stage's grid and width to the next's."""

    def __init__(self, dims: tuple[int, int], heads: int, key_dim: int, grids: tuple[int, int]) -> None:
        coarse_N2 = 2 * token_points(grids[0] // 2, grids[1] // 2)
        super().__init__(heads, key_dim, offset_table(coarse_N2, token_points(*grids)))
        self.sizes = (key_dim, 4 * key_dim)
        self.kv = LinearBN(dims[0], heads * sum(self.sizes))
        self.q = nn.Sequential(Halve(grids), LinearBN(dims[0], heads * key_dim))
        self.proj = nn.Sequential(nn.Hardswish(), LinearBN(heads * self.sizes[-1], dims[1]))

    def forward(self, x_BNC: Tensor) -> Tensor:
        """(B, N, C_in) -> (B, N / 4, C_out)."""
        k_BHKD, v_BHKE = self.split(self.kv(x_BNC), self.sizes)
        (q_BHQD,) = self.split(self.q(x_BNC), (self.key_dim,))
        y_BQC: Tensor = self.proj(self.attend(q_BHQD, k_BHKD, v_BHKE))
        return y_BQC


class Residual(nn.Module):
    """x + m(x)."""

    def __init__(self, m: nn.Module) -> None:
        super().__init__()
        self.m = m

    def forward(self, x_BNC: Tensor) -> Tensor:
        """(B, N, C) -> (B, N, C)."""
        y_BNC: Tensor = x_BNC + self.m(x_BNC)
        return y_BNC


def _mlp(dim: int) -> Residual:
    hidden = MLP_RATIO * dim
    return Residual(nn.Sequential(LinearBN(dim, hidden), nn.Hardswish(), LinearBN(hidden, dim)))


def _stem(dim: int) -> nn.Sequential:
    dims = (3, dim // 8, dim // 4, dim // 2, dim)
    layers: list[nn.Module] = []
    for pair in pairwise(dims):
        layers += [ConvBN(*pair), nn.Hardswish()]
    return nn.Sequential(*layers[:-1])


def _blocks(sizes: LeViTSizes, grids: tuple[int, int]) -> Iterable[nn.Module]:
    for stage, (dim, depth, heads) in enumerate(zip(sizes.dims, sizes.depths, sizes.heads, strict=True)):
        search, template = (side >> stage for side in grids)
        for _ in range(depth):
            yield Residual(Attention(dim, heads, sizes.key_dim, token_points(search, template)))
            yield _mlp(dim)
        if stage + 1 < len(sizes.dims):
            following = sizes.dims[stage + 1]
            yield ShrinkAttention((dim, following), sizes.shrink_heads[stage], sizes.key_dim, (search, template))
            yield _mlp(following)


class LeViT(nn.Module):
    """The stem, and the three stages over the tokens of search and template.

    Args:
        grids: tokens a side of the search and of the template, in the first stage.
    """

    def __init__(self, sizes: LeViTSizes, grids: tuple[int, int]) -> None:
        super().__init__()
        self.patch_embed = _stem(sizes.dims[0])
        self.blocks = nn.Sequential(*_blocks(sizes, grids))

    def embed(self, image_B3HW: Tensor) -> Tensor:
        """(B, 3, H, W) -> tokens (B, H / 16 * W / 16, C), row by row."""
        tokens_BNC: Tensor = self.patch_embed(image_B3HW).flatten(2).transpose(1, 2)
        return tokens_BNC

    def forward(self, x_BNC: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(B, N, C) -> what the three stages give: (B, N, C1), (B, N / 4, C2), (B, N / 16, C3)."""
        stages_BNC = []
        for block in self.blocks:
            if isinstance(block, ShrinkAttention):
                stages_BNC.append(x_BNC)
            x_BNC = block(x_BNC)
        fine_BNC, middle_BNC = stages_BNC
        return fine_BNC, middle_BNC, x_BNC

    def lay_out_biases(self) -> None:
        """Keep every attention's table of biases."""
        for module in self.modules():
            if isinstance(module, BiasedAttention):
                module.lay_out_bias()
