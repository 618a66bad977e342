"""OSTrack-256 with candidate elimination (Ye et al., ECCV 2022): one stream, and search tokens that drop out.

A ViT-B/16 over [template | search] tokens. In three blocks the search tokens to which the template's centre pays least
attention are dropped; a centre head reads the map, in which dropped cells are zero.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stdtrack.peers.blocks import Attention, CentreHead, MapNetwork, Mlp, PatchEmbed, to_map
from stdtrack.peers.family import Family
from stdtrack.peers.network import PeerConfig, Tensors

PRETRAINED_TOKENS = 197
"""Rows of the position table of ImageNet's 14 x 14 patches and class token: in the file, never used."""


@dataclass(frozen=True)
class OSTrackConfig(PeerConfig):
    """A ViT's sizes, and where tokens drop out.

    Attributes:
        elimination_blocks: after whose attention search tokens are dropped.
        keep: share of the search tokens that stay, rounded up.
        queries: template tokens whose attention decides, row by row.
    """

    dim: int = 768
    depth: int = 12
    heads: int = 12
    elimination_blocks: tuple[int, ...] = (3, 6, 9)
    keep: float = 0.7
    queries: tuple[int, ...] = (27,)


class Block(nn.Module):
    """x + attention(norm(x)), then x + MLP(norm(x)); between them some search tokens may drop out."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(dim, eps=1e-6)
        self.attn = Attention(dim, heads)
        self.norm2 = nn.LayerNorm(dim, eps=1e-6)
        self.mlp = Mlp(dim, 4 * dim)

    def forward(self, x_BNC: Tensor) -> Tensor:
        """(B, N, C) -> (B, N, C)."""
        x_BNC = x_BNC + self.attn(self.norm1(x_BNC))
        return self._mixed(x_BNC)

    def eliminate(self, x_BNC: Tensor, cells_BS: Tensor, queries_Q: Tensor, keep: int) -> tuple[Tensor, Tensor]:
        """As :meth:`forward`, with the ``keep`` search tokens of largest score left, in the order of their scores.

        Args:
            x_BNC: template tokens, then S search tokens.
            cells_BS: the search tokens' cells in the map.
            queries_Q: the template tokens whose mean attention is the score.
        """
        B, N, C = x_BNC.shape
        S = cells_BS.shape[1]
        q_BHND, k_BHND, v_BHND = self.attn.project(self.norm1(x_BNC))
        x_BNC = x_BNC + self.attn.attend(q_BHND, k_BHND, v_BHND)
        score_BS = _attention(q_BHND[:, :, queries_Q], k_BHND).mean((1, 2))[:, N - S :]
        order_BK = score_BS.topk(keep, dim=1).indices
        search_BKC = x_BNC[:, N - S :].gather(1, order_BK[:, :, None].expand(B, keep, C))
        x_BNC = torch.cat((x_BNC[:, : N - S], search_BKC), dim=1)
        return self._mixed(x_BNC), cells_BS.gather(1, order_BK)

    def _mixed(self, x_BNC: Tensor) -> Tensor:
        y_BNC: Tensor = self.mlp(self.norm2(x_BNC))
        return x_BNC + y_BNC


def _attention(q_BHQD: Tensor, k_BHND: Tensor) -> Tensor:
    """The weights (B, H, Q, N) of some queries."""
    scale = q_BHQD.shape[-1] ** -0.5
    return F.softmax((q_BHQD * scale) @ k_BHND.transpose(-2, -1), dim=-1)


class Backbone(nn.Module):
    """The ViT."""

    def __init__(self, config: OSTrackConfig) -> None:
        super().__init__()
        self.config, dim = config, config.dim
        template, search = (side // 16 for side in (config.template_size, config.search_size))
        self.cls_token = nn.Parameter(torch.empty(1, 1, dim))
        self.pos_embed = nn.Parameter(torch.empty(1, PRETRAINED_TOKENS, dim))
        self.pos_embed_z = nn.Parameter(torch.empty(1, template * template, dim))
        self.pos_embed_x = nn.Parameter(torch.empty(1, search * search, dim))
        self.patch_embed = PatchEmbed(dim)
        self.blocks = nn.ModuleList(Block(dim, config.heads) for _ in range(config.depth))
        self.norm = nn.LayerNorm(dim, eps=1e-6)

    def embed_template(self, template_B3HW: Tensor) -> Tensor:
        """(B, 3, H, W) -> tokens with positions (B, M, C)."""
        z_BMC: Tensor = self.patch_embed(template_B3HW) + self.pos_embed_z
        return z_BMC

    def forward(self, search_B3HW: Tensor, z_BMC: Tensor) -> Tensor:
        """A search crop and the template's tokens -> (B, S, C), the search cells; zero where a token dropped out."""
        x_BSC = self.patch_embed(search_B3HW) + self.pos_embed_x
        B, S, _ = x_BSC.shape
        x_BNC, cells_BS = torch.cat((z_BMC, x_BSC), dim=1), torch.arange(S, device=x_BSC.device).expand(B, S)
        queries_Q = torch.tensor(self.config.queries, device=x_BSC.device)
        for index, block in enumerate(self.blocks):
            if index in self.config.elimination_blocks:
                keep = math.ceil(self.config.keep * cells_BS.shape[1])
                x_BNC, cells_BS = cast("Block", block).eliminate(x_BNC, cells_BS, queries_Q, keep)
            else:
                x_BNC = block(x_BNC)
        x_BNC = self.norm(x_BNC)
        search_BKC = x_BNC[:, z_BMC.shape[1] :]
        return torch.zeros_like(x_BSC).scatter(1, cells_BS[:, :, None].expand_as(search_BKC), search_BKC)


class OSTrack(MapNetwork):
    """Backbone and centre head. Template tokens see the search, so only their embedding can be kept."""

    def __init__(self, config: OSTrackConfig) -> None:
        super().__init__(config.search_size // 16)
        self.backbone = Backbone(config)
        self.box_head = CentreHead(config.dim)

    def encode_template(self, *template: Tensor) -> Tensors:
        """The crop (B, 3, H, W) -> its tokens (B, M, C)."""
        return (self.backbone.embed_template(*template),)

    def forward_search(self, search_B3HW: Tensor, *encoded: Tensor) -> Tensors:
        """Score, size and offset maps."""
        maps: Tensors = self.box_head(to_map(self.backbone(search_B3HW, *encoded)))
        return maps


FAMILY = Family("ostrack", {"256": OSTrackConfig()}, OSTrack)
NAMES = tuple(FAMILY.variants)
create = FAMILY.create
