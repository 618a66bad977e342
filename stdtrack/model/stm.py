"""STM, the Spatiotemporal Token Maintainer: a store of past tokens, of fixed size, kept by quality.

*Paper*: it stores the tokens; its capacity is fixed; updates are quality-based and evict the lowest quality.
*Ours*: the admission threshold, the protected first token, ties, and what quality is (the predicted IoU).

Everything is masks over fixed shapes: no loop over the batch, no branch on data, so the same code trains, tracks and
exports.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from stdtrack.configs import MemoryRule


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
class Maintainer:
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
