"""The quality head: how well does the predicted box cover the target?

*Paper*: the STM's updates are quality-based. *Ours*: quality is the predicted IoU, trained with the true one.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class QualityHead(nn.Module):
    """An MLP on the token, the features where the score map looks, and the shape of that map.

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
