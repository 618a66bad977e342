"""LiteTrack (Wei et al., ICRA 2024): a ViT cut short, whose template passes once.

The template goes through all blocks by itself, led by a token made of its box. The search goes through the first blocks
by itself too; in the last ones its queries see the template's final tokens beside its own. A centre head reads the map.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from evalkit.types import Box
from stdtrack.peers.blocks import Attention, CentreHead, MapNetwork, Mlp, PatchEmbed, to_map
from stdtrack.peers.family import Family
from stdtrack.peers.geometry import placed_window
from stdtrack.peers.network import PeerConfig, Tensors, Vector
from stdtrack.peers.online import PeerTracker

PRETRAINED_TOKENS = 197
"""Rows of the position table of ImageNet's 14 x 14 patches and class token: in the file, never used."""
HALF_LESS = 0.5
"""The token's box lies half a pixel up and left of the crop's centre, as in the official code."""


@dataclass(frozen=True)
class LiteTrackConfig(PeerConfig):
    """A ViT's sizes.

    Attributes:
        alone: as many blocks the search passes before it sees the template.
    """

    dim: int = 768
    heads: int = 12
    depth: int = 4
    alone: int = 2


class BiasedAttention(Attention):
    """Attention whose queries and values have a bias each, and whose keys have none."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__(dim, heads, bias=False)
        self.q_bias = nn.Parameter(torch.empty(dim))
        self.v_bias = nn.Parameter(torch.empty(dim))

    def joint(self, x_BNC: Tensor) -> Tensor:
        """(B, N, C) -> (B, N, 3 * C)."""
        bias_E = torch.cat((self.q_bias, torch.zeros_like(self.q_bias), self.v_bias))
        return F.linear(x_BNC, self.qkv.weight, bias_E)


class Block(nn.Module):
    """x + scaled attention(norm(x)), then x + scaled MLP(norm(x)); it may see keys and values of the template."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.gamma_1 = nn.Parameter(torch.empty(dim))
        self.gamma_2 = nn.Parameter(torch.empty(dim))
        self.norm1 = nn.LayerNorm(dim, eps=1e-6)
        self.norm2 = nn.LayerNorm(dim, eps=1e-6)
        self.mlp = Mlp(dim, 4 * dim)
        self.attn = BiasedAttention(dim, heads)

    def forward(self, x_BNC: Tensor, past_2BHMD: Tensor | None = None) -> Tensor:
        """(B, N, C) -> (B, N, C), by self-attention, or by attention to keys and values of M other tokens as well."""
        q_BHND, k_BHSD, v_BHSD = self.attn.project(self.norm1(x_BNC))
        if past_2BHMD is not None:
            k_BHSD, v_BHSD = torch.cat((past_2BHMD[0], k_BHSD), dim=2), torch.cat((past_2BHMD[1], v_BHSD), dim=2)
        x_BNC = x_BNC + self.gamma_1 * self.attn.attend(q_BHND, k_BHSD, v_BHSD)
        y_BNC: Tensor = self.mlp(self.norm2(x_BNC))
        return x_BNC + self.gamma_2 * y_BNC

    def keys_and_values(self, z_BMC: Tensor) -> Tensor:
        """Those of the template's tokens, (2, B, H, M, D)."""
        _, k_BHMD, v_BHMD = self.attn.project(self.norm1(z_BMC))
        return torch.stack((k_BHMD, v_BHMD))


class Backbone(nn.Module):
    """The ViT; there is no norm behind its last block."""

    def __init__(self, config: LiteTrackConfig) -> None:
        super().__init__()
        dim, self.alone = config.dim, config.alone
        template, search = (side // 16 for side in (config.template_size, config.search_size))
        self.cls_token = nn.Parameter(torch.empty(1, 1, dim))
        self.pos_embed = nn.Parameter(torch.empty(1, PRETRAINED_TOKENS, dim))
        self.pos_embed_z = nn.Parameter(torch.empty(1, template * template, dim))
        self.pos_embed_x = nn.Parameter(torch.empty(1, search * search, dim))
        self.patch_embed = PatchEmbed(dim)
        self.blocks = nn.ModuleList(Block(dim, config.heads) for _ in range(config.depth))

    def encode_template(self, template_B3HW: Tensor, token_B1C: Tensor) -> Tensor:
        """The template and its token through all blocks -> the template's tokens (B, M, C)."""
        z_BNC = torch.cat((token_B1C, self.patch_embed(template_B3HW) + self.pos_embed_z), dim=1)
        for block in self.blocks:
            z_BNC = block(z_BNC)
        return z_BNC[:, 1:]

    def keys_and_values(self, z_BMC: Tensor) -> Tensor:
        """What the search sees of the template in each of the last L blocks: (L, 2, B, H, M, D)."""
        return torch.stack([cast("Block", block).keys_and_values(z_BMC) for block in self.blocks[self.alone :]])

    def forward(self, search_B3HW: Tensor, past_L2BHMD: Tensor) -> Tensor:
        """A search crop -> its tokens (B, N, C)."""
        x_BNC: Tensor = self.patch_embed(search_B3HW) + self.pos_embed_x
        for block in self.blocks[: self.alone]:
            x_BNC = block(x_BNC)
        for block, past_2BHMD in zip(self.blocks[self.alone :], past_L2BHMD.unbind(0), strict=True):
            x_BNC = block(x_BNC, past_2BHMD)
        return x_BNC


class TargetToken(nn.Module):
    """A box as a token."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(4, 4)
        self.fc2 = nn.Linear(4, dim)

    def forward(self, box_B4: Tensor) -> Tensor:
        """Left, top, right, bottom in fractions of the template -> (B, 1, C)."""
        token_BC: Tensor = self.fc2(F.gelu(self.fc1(box_B4)))
        return token_BC[:, None]


class LiteTrack(MapNetwork):
    """Backbone, target token and centre head.

    Cached, the template is kept as keys and values of the last blocks; the official tracker keeps its tokens, and
    projects them again in every block of every frame.
    """

    def __init__(self, config: LiteTrackConfig) -> None:
        super().__init__(config.search_size // 16)
        self.backbone = Backbone(config)
        self.box_head = CentreHead(config.dim)
        self.target_token_embed = TargetToken(config.dim)

    def encode_template(self, *template: Tensor) -> Tensors:
        """The crop (B, 3, H, W) and the box in it (B, 4) -> keys and values."""
        return (self.backbone.keys_and_values(*self.template_tokens(*template)),)

    def template_tokens(self, template_B3HW: Tensor, box_B4: Tensor) -> Tensors:
        """The template's final tokens (B, M, C)."""
        return (self.backbone.encode_template(template_B3HW, self.target_token_embed(box_B4)),)

    def remember(self, *template: Tensor) -> Tensors:
        """Keys and values, or the tokens where the official way is asked for."""
        return self.encode_template(*template) if self.cached else self.template_tokens(*template)

    def forward(self, search_B3HW: Tensor, *memory: Tensor) -> Tensors:
        """Score, size and offset maps."""
        past = memory if self.cached else (self.backbone.keys_and_values(*memory),)
        return self.forward_search(search_B3HW, *past)

    def forward_search(self, search_B3HW: Tensor, *encoded: Tensor) -> Tensors:
        """Score, size and offset maps, given keys and values."""
        maps: Tensors = self.box_head(to_map(self.backbone(search_B3HW, *encoded)))
        return maps


class LiteTracker(PeerTracker[LiteTrackConfig]):
    """The online tracker, which also tells the network the target's box."""

    def template_of(self, crop_13HW: Tensor, box: Box) -> Tensors:
        """The crop, and the box in it."""
        size = self.config.template_size
        _, _, side = placed_window(box, self.config.template_factor)
        return crop_13HW, torch.from_numpy(box_in_template(box, size / side, size))[None].to(self.device)


def box_in_template(box: Box, scale: float, size: int) -> Vector:
    """Left, top, right, bottom of the centred target, in fractions of the crop, float32.

    >>> box_in_template(np.array([0.0, 0.0, 64.0, 32.0]), 1.0, 128).tolist()
    [0.24609375, 0.37109375, 0.74609375, 0.62109375]
    """
    sides = (np.asarray(box[2:]) * scale).astype(np.float32)
    first = np.float32(size / 2 - HALF_LESS) - sides / 2
    corners = np.concatenate((first, first + sides)) / np.float32(size)
    return corners.astype(np.float32)


DEPTHS = {"b4": (4, 2), "b6": (6, 3), "b8": (8, 5), "b9": (9, 6)}
"""Blocks, and blocks before the search sees the template."""
FAMILY = Family(
    "litetrack",
    {name: LiteTrackConfig(depth=depth, alone=alone) for name, (depth, alone) in DEPTHS.items()},
    LiteTrack,
    LiteTracker,
)
NAMES = tuple(FAMILY.variants)
create = FAMILY.create
