"""HiT (Kang et al., ICCV 2023): LeViT runs over search and template together, a bridge brings its stages back.

Template and search tokens see each other from the first block on, so that only the stem's answer to the template can be
kept from frame to frame. The official tracker does not keep it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

import torch
from torch import Tensor, nn

from stdtrack.peers.blocks import CornerHead, plain_box, to_map
from stdtrack.peers.checkpoint import Rules
from stdtrack.peers.family import Family
from stdtrack.peers.levit import STRIDE, LeViT, LeViTSizes
from stdtrack.peers.network import Answer, PeerConfig, PeerNetwork, Tensors

HEAD_DIM = 256
HEAD_DIMS = (256, 128, 64, 32)


@dataclass(frozen=True)
class HiTConfig(PeerConfig):
    """Sizes of a variant."""

    levit: LeViTSizes = field(default_factory=LeViTSizes)

    @property
    def grids(self) -> tuple[int, int]:
        """Tokens a side of search and template in the first stage."""
        return self.search_size // STRIDE, self.template_size // STRIDE


NARROW = (128, 256, 384)
VARIANTS = {
    "base": HiTConfig(),
    "small": HiTConfig(levit=LeViTSizes(NARROW, (4, 4, 4), (4, 8, 12), (8, 16), 16)),
    "tiny": HiTConfig(levit=LeViTSizes(NARROW, (2, 3, 4), (4, 6, 8), (8, 16), 16)),
}


class Bridge(nn.Module):
    """Search tokens of the last stage, raised twice and joined with those of the stages before; and a global token."""

    def __init__(self, dims: tuple[int, int, int], grid: int) -> None:
        super().__init__()
        fine, middle, coarse = dims
        self.grids = (grid, grid // 2, grid // 4)
        self.layers = nn.ModuleList(_doubled(*pair) for pair in ((coarse, middle), (middle, fine)))
        self.proj1 = nn.Linear(fine, HEAD_DIM)
        self.proj2 = nn.Linear(coarse, HEAD_DIM)

    def forward(self, stages_BNC: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        """The three stages' tokens -> (B, 1 + N, C): the global token, then the fine search tokens."""
        fine_BCHW, middle_BCHW, x_BCHW = map(_search_map, stages_BNC, self.grids)
        x_BCHW = (self.layers[0](x_BCHW) + middle_BCHW).relu()
        x_BCHW = self.layers[1](x_BCHW) + fine_BCHW
        cells_BNC = self.proj1(x_BCHW.flatten(2).transpose(1, 2))
        token_B1C = self.proj2(stages_BNC[-1].mean(dim=1, keepdim=True))
        return torch.cat((token_B1C, cells_BNC), dim=1)


def _doubled(dim_in: int, dim_out: int) -> nn.Sequential:
    return nn.Sequential(nn.ConvTranspose2d(dim_in, dim_out, 2, stride=2), nn.BatchNorm2d(dim_out))


def _search_map(tokens_BNC: Tensor, side: int) -> Tensor:
    """(B, N, C) -> the search tokens as a map (B, C, side, side)."""
    return to_map(tokens_BNC[:, : side * side])


class HiT(PeerNetwork):
    """The network; cached or not, both images' tokens pass through all blocks in every frame."""

    output_names = ("box",)

    def __init__(self, config: HiTConfig) -> None:
        super().__init__()
        grid, _ = config.grids
        self.backbone = nn.ModuleDict({"body": LeViT(config.levit, config.grids)})
        self.box_head = CornerHead(HEAD_DIM, HEAD_DIMS, grid)
        self.bottleneck = Bridge(config.levit.dims, grid)

    @property
    def levit(self) -> LeViT:
        """The backbone."""
        return cast("LeViT", self.backbone["body"])

    def encode_template(self, *template: Tensor) -> Tensors:
        """(1, 3, H, W) -> the tokens after the stem, (1, N, C)."""
        return (self.levit.embed(template[0]),)

    def forward_search(self, search_B3HW: Tensor, *encoded: Tensor) -> Tensors:
        """A search crop and the template's tokens -> (B, 4) cx, cy, w, h in fractions of the crop."""
        tokens_BNC = torch.cat((self.levit.embed(search_B3HW), *encoded), dim=1)
        neck_BNC = self.bottleneck(self.levit(tokens_BNC))
        token_B1C, cells_BNC = neck_BNC[:, :1], neck_BNC[:, 1:]
        gated_BNC = cells_BNC * (cells_BNC @ token_B1C.transpose(1, 2))
        return (self.box_head(to_map(gated_BNC)),)

    def decode(self, outputs: Tensors) -> Answer:
        """The box as it is; HiT has no score."""
        return plain_box(outputs)

    def fold(self) -> HiT:
        """A copy with batch norms folded and the tables of attention biases laid out."""
        network = cast("HiT", super().fold())
        network.levit.lay_out_biases()
        return network


def random_gain(key: str) -> float:
    """Factors on random weights without which the stream, which has no norm, ends in a softmax of one cell."""
    if key.startswith("backbone.body.blocks.") and key.endswith((".m.proj.1.bn.weight", ".m.2.bn.weight")):
        return 0.5
    return 16.0 if key in ("box_head.conv5_tl.weight", "box_head.conv5_br.weight") else 1.0


FAMILY = Family(
    "hit", VARIANTS, HiT, rules=Rules(optional=("attention_bias_idxs", "num_batches_tracked")), gain=random_gain
)
NAMES = tuple(FAMILY.variants)
create = FAMILY.create
