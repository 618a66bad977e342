"""What is carried from frame to frame: the store of tokens (STM), their fusion (MFIFM), the quality that ranks them.

*STM*, the Spatiotemporal Token Maintainer. Paper: it stores the tokens; its capacity is fixed; updates are
quality-based and evict the lowest quality. Ours: the admission threshold, the protected first token, ties, and what
quality is (the predicted IoU).

*MFIFM*, the Multi-frame Information Fusion Module. Paper: it augments the current dependencies with the history in the
STM. Ours: one cross-attention with embeddings of age and quality, a gated residual and a feed-forward layer.

The store is masks over fixed shapes: no loop over the batch, no branch on data, so the same code trains, tracks and
exports. Shapes: B targets, M slots, C channels, H heads, D channels a head.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stdtrack.configs import MemoryRule
from stdtrack.model.attention import FeedForward

# Age enters as exp(-age / tau): smooth, and it saturates, so that ages never seen in a training clip are not new input.
AGE_SCALES = (1.0, 2.0, 4.0, 8.0)


@dataclass(frozen=True)
class Memory:
    """The stored tokens of B targets; slot 0 holds the first one.

    Attributes:
        token_BMC: the tokens; zeros where a slot is free.
        quality_BM: predicted IoU when stored, in [0, 1].
        frame_BM: frame number when stored, int64.
        valid_BM: the slot is taken.
    """

    token_BMC: Tensor
    quality_BM: Tensor
    frame_BM: Tensor
    valid_BM: Tensor


@dataclass(frozen=True)
class STM:
    """The rule by which tokens come and go.

    Attributes:
        capacity: M, the number of slots.
        admission: least quality that is stored (rule ``quality`` only).
        rule: ``quality``: the lowest stored quality leaves (among equals the lowest slot); ``fifo``: all are stored,
            the oldest leaves; ``none``: the last token is all there is. The first two never evict slot 0.
    """

    capacity: int
    admission: float
    rule: MemoryRule

    @property
    def slots(self) -> int:
        """M as built: one slot without a memory."""
        return 1 if self.rule == "none" else self.capacity

    def start(self, token_BC: Tensor) -> Memory:
        """The memory of frame 0: the first token, of quality 1, in slot 0."""
        B, C = token_BC.shape
        M = self.slots
        first_BM = (torch.arange(M, device=token_BC.device) == 0).expand(B, M)
        return Memory(
            token_BMC=torch.where(first_BM[..., None], token_BC.detach()[:, None], token_BC.new_zeros(B, M, C)),
            quality_BM=first_BM.to(token_BC.dtype),
            frame_BM=torch.zeros(B, M, dtype=torch.int64, device=token_BC.device),
            valid_BM=first_BM.clone(),
        )

    def update(self, memory: Memory, token_BC: Tensor, quality_B: Tensor, frame_B: Tensor) -> Memory:
        """Offer this frame's token: the memory after it is stored or refused.

        Stored tokens carry no gradient; in training it flows through the token handed from frame to frame instead.
        """
        slot_B = self._slot(memory)
        here_BM = torch.arange(self.slots, device=slot_B.device) == slot_B[:, None]
        if self.rule == "quality":
            here_BM = here_BM & (quality_B >= self.admission)[:, None]
        return Memory(
            token_BMC=torch.where(here_BM[..., None], token_BC.detach()[:, None], memory.token_BMC),
            quality_BM=torch.where(here_BM, quality_B.detach()[:, None], memory.quality_BM),
            frame_BM=torch.where(here_BM, frame_B[:, None], memory.frame_BM),
            valid_BM=memory.valid_BM | here_BM,
        )

    def _slot(self, memory: Memory) -> Tensor:
        """(B,) where the next token goes: a free slot, else the lowest quality's or the oldest's."""
        if self.rule == "none":
            return torch.zeros_like(memory.frame_BM[:, 0])
        worth_BM = memory.quality_BM if self.rule == "quality" else memory.frame_BM.to(memory.quality_BM.dtype)
        worth_BM = worth_BM.masked_fill(~memory.valid_BM, -1.0)
        # Slot 0 is left out of the search, hence the shift by one.
        return worth_BM[:, 1:].argmin(dim=1) + 1


class MFIFM(nn.Module):
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
        self.mlp = FeedForward(dim, 2 * dim)
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


class QualityHead(nn.Module):
    """The predicted box's IoU, by an MLP on the token, the features where the score map looks, and that map's shape.

    The score map is read without gradient: quality observes localisation and does not bend it.
    """

    def __init__(self, token_dim: int, head_dim: int) -> None:
        super().__init__()
        hidden = token_dim + head_dim
        self.mlp = nn.Sequential(nn.Linear(hidden + 2, hidden), nn.GELU(approximate="tanh"), nn.Linear(hidden, 1))

    def forward(self, token_BC: Tensor | None, map_BCHW: Tensor, score_B1HW: Tensor) -> Tensor:
        """Token (None without one), gated features, score logits -> (B,) logit of the IoU."""
        score_BN = score_B1HW.detach().flatten(1)
        weight_BN = torch.softmax(score_BN, dim=1)
        seen_BC = (map_BCHW.flatten(2) @ weight_BN[:, :, None])[:, :, 0]
        # The peak, and how much of all weight it holds: one sharp peak, or many.
        shape_B2 = torch.stack((torch.sigmoid(score_BN.amax(1)), weight_BN.amax(1)), dim=1)
        parts = [seen_BC, shape_B2] if token_BC is None else [token_BC, seen_BC, shape_B2]
        quality_B: Tensor = self.mlp(torch.cat(parts, dim=1)).squeeze(1)
        return quality_B
