"""A way out of the network after its first blocks, for frames that are easy. Ours; the paper has none."""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stdtrack.model.attention import FeedForward

NARROWER = 4
"""The judge has so many times fewer channels than the network."""


class EarlyExit(nn.Module):
    """Tokens as the last block would have left them, guessed from those of an earlier block, and how good the guess is.

    At the start, it hands on what it is given. Shapes as in the backbone: B targets, N tokens, C channels.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.mlp = FeedForward(dim, dim)
        self.look = nn.Linear(dim, dim // NARROWER)
        self.judge = nn.Linear(2 * (dim // NARROWER), 1)
        last = cast("nn.Linear", self.mlp[-1])
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)

    def forward(self, x_BNC: Tensor) -> Tensor:
        """(B, N, C) of an earlier block -> (B, N, C) in the last one's place."""
        guessed_BNC: Tensor = x_BNC + self.mlp(self.norm(x_BNC))
        return guessed_BNC

    def confidence(self, x_BNC: Tensor) -> Tensor:
        """(B, N, C) of an earlier block -> (B,) logit of the IoU of the box after this exit with the full network's."""
        seen_BND = F.gelu(self.look(self.norm(x_BNC)), approximate="tanh")
        logit_B1: Tensor = self.judge(torch.cat((seen_BND.amax(1), seen_BND.mean(1)), dim=1))
        return logit_B1[:, 0]
