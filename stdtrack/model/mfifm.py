"""MFIFM, the Multi-frame Information Fusion Module: the current token asks the stored ones.

*Paper*: it augments the current dependencies with the history in the STM.
*Ours*: one cross-attention with embeddings of age and quality, a gated residual and a feed-forward layer.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stdtrack.model.attention import FeedForward
from stdtrack.model.stm import Memory

# Age enters as exp(-age / tau): smooth, and it saturates, so that ages never seen in a training clip are not new input.
AGE_SCALES = (1.0, 2.0, 4.0, 8.0)


class Fusion(nn.Module):
    """Cross-attention from the current token to the memory, gated residual, feed-forward."""

    age_scales: Tensor

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm_memory = nn.LayerNorm(dim)
        self.record = nn.Linear(len(AGE_SCALES) + 1, dim)
        self.query = nn.Linear(dim, dim)
        self.key_value = nn.Linear(dim, 2 * dim)
        self.out = nn.Linear(dim, dim)
        self.gate = nn.Linear(2 * dim, dim)
        self.norm_mlp = nn.LayerNorm(dim)
        self.mlp = FeedForward(dim, 2.0)
        self.norm_out = nn.LayerNorm(dim)
        self.register_buffer("age_scales", torch.tensor(AGE_SCALES), persistent=False)

    def forward(self, token_BC: Tensor, memory: Memory, frame_B: Tensor) -> Tensor:
        """(B, C) token of frame ``frame_B`` -> (B, C) token with the memory's M tokens worked in."""
        B, C = token_BC.shape
        M, H = memory.valid_BM.shape[1], self.heads
        age_BM = (frame_B[:, None] - memory.frame_BM).to(token_BC.dtype)
        record_BMR = torch.cat((torch.exp(-age_BM[..., None] / self.age_scales), memory.quality_BM[..., None]), dim=2)
        kv_BM2HD = self.key_value(self.norm_memory(memory.token_BMC) + self.record(record_BMR)).view(B, M, 2, H, C // H)
        past_B1HD = F.scaled_dot_product_attention(
            self.query(token_BC).view(B, H, 1, C // H),
            kv_BM2HD[:, :, 0].transpose(1, 2),
            kv_BM2HD[:, :, 1].transpose(1, 2),
            attn_mask=memory.valid_BM[:, None, None],
        )
        past_BC = self.out(past_B1HD.reshape(B, C))
        gate_BC = torch.sigmoid(self.gate(torch.cat((token_BC, past_BC), dim=1)))
        token_BC = token_BC + gate_BC * past_BC
        token_BC = token_BC + self.mlp(self.norm_mlp(token_BC))
        fused_BC: Tensor = self.norm_out(token_BC)
        return fused_BC
