"""The pre-norm transformer block, with the template's keys and values computed once."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Attention(nn.Module):
    """Multi-head attention whose queries may see earlier keys and values besides their own.

    Shapes: N tokens, S keys, H heads, D channels a head; C = H * D unless heads were pruned.
    """

    def __init__(self, dim: int, heads: int, head_dim: int) -> None:
        super().__init__()
        self.heads = heads
        inner = heads * head_dim
        self.qkv = nn.Linear(dim, 3 * inner)
        self.out = nn.Linear(inner, dim)
        with torch.no_grad():
            # Keys start equal to queries: attention begins as correlation, which is what matching needs.
            self.qkv.weight[inner : 2 * inner] = self.qkv.weight[:inner]
        nn.init.zeros_(self.qkv.bias)

    def forward(
        self, x_BNC: Tensor, past_BS2HD: Tensor | None = None, visible_NN: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Attend to ``past_BS2HD`` (keys and values of other tokens), if given, and to ``x_BNC`` itself.

        Args:
            visible_NN: row n may look at column m; None for everything.

        Returns:
            (B, N, C), and the queries, keys and values of these N tokens, (B, N, 3, H, D).
        """
        B, N, _ = x_BNC.shape
        qkv_BN3HD = self.qkv(x_BNC).view(B, N, 3, self.heads, -1)
        own_BN2HD = qkv_BN3HD[:, :, 1:]
        # One copy joins keys and values of past and present; heads stay strided, the kernel does not mind.
        kv_BS2HD = own_BN2HD if past_BS2HD is None else torch.cat((past_BS2HD, own_BN2HD), dim=1)
        q_BHND = qkv_BN3HD[:, :, 0].transpose(1, 2)
        k_BHSD, v_BHSD = kv_BS2HD[:, :, 0].transpose(1, 2), kv_BS2HD[:, :, 1].transpose(1, 2)
        y_BHND = F.scaled_dot_product_attention(q_BHND, k_BHSD, v_BHSD, attn_mask=visible_NN)
        return self.out(y_BHND.transpose(1, 2).reshape(B, N, -1)), qkv_BN3HD


class FeedForward(nn.Sequential):
    """Linear, GELU, linear."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__(nn.Linear(dim, hidden), nn.GELU(approximate="tanh"), nn.Linear(hidden, dim))


class Block(nn.Module):
    """x + attention(norm(x)), then x + feed-forward(norm(x))."""

    def __init__(self, dim: int, heads: int, head_dim: int, hidden: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(dim)
        self.attention = Attention(dim, heads, head_dim)
        self.norm2 = nn.LayerNorm(dim)
        self.mlp = FeedForward(dim, hidden)

    def forward(
        self, x_BNC: Tensor, past_BS2HD: Tensor | None = None, visible_NN: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Like :meth:`Attention.forward`."""
        y_BNC, qkv_BN3HD = self.attention(self.norm1(x_BNC), past_BS2HD, visible_NN)
        x_BNC = x_BNC + y_BNC
        return x_BNC + self.mlp(self.norm2(x_BNC)), qkv_BN3HD
