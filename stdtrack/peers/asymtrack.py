"""AsymTrack (Zhu et al., AAAI 2025): the template passes through the network once and leaves a few kernels.

What the template gives each frame: the kernels of both template modulations and the tokens that the one attention sees.
The official tracker keeps these; ``cached`` keeps the tokens' keys and values instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from stdtrack.peers.asymtrack_blocks import BasicBlock, Downsample, JointBlock, ObjectPerception, TemplateModulation
from stdtrack.peers.blocks import CornerHead, plain_box, to_map
from stdtrack.peers.checkpoint import Rules
from stdtrack.peers.family import Family
from stdtrack.peers.network import Answer, PeerConfig, PeerNetwork, Tensors

STRIDE = 32
DIMS = (32, 64, 128, 256)
"""Channels of the three stages, and of what leaves the last."""
RATIOS = (1, 6)
"""Hidden width of a basic block over its width, by turns."""
HEAD_DIMS = (256, 128, 64, 32)


@dataclass(frozen=True)
class AsymTrackConfig(PeerConfig):
    """Sizes of a variant; ``depths`` counts the basic blocks of the three stages."""

    depths: tuple[int, int, int] = (2, 2, 3)

    @property
    def grid(self) -> int:
        """Cells a side of the head's map."""
        return self.search_size // STRIDE


VARIANTS = {
    "t": AsymTrackConfig(depths=(2, 2, 1)),
    "s": AsymTrackConfig(),
    "b": AsymTrackConfig(template_size=192, search_size=384),
}


class Stage(nn.Module):
    """Basic blocks, then (but for the first stage) template modulation, object perception, (in the last) attention."""

    def __init__(self, stage: int, depth: int) -> None:
        super().__init__()
        dim, last = DIMS[stage], stage == 2
        blocks: list[nn.Module] = [BasicBlock(dim, RATIOS[index % 2]) for index in range(depth)]
        blocks += [TemplateModulation(dim)] if stage else []
        blocks += [ObjectPerception(dim), JointBlock(dim)] if last else [ObjectPerception(dim)]
        self.blocks = nn.ModuleList(blocks)
        self.downsample = Downsample(dim, DIMS[stage + 1])

    def template(self, z_BHWC: Tensor) -> tuple[Tensor, Tensors]:
        """The template's map for the next stage, and what the search needs of it; nothing is computed beyond that."""
        kept: list[Tensor] = []
        for block in self.blocks:
            if isinstance(block, JointBlock):
                return z_BHWC, (*kept, z_BHWC.flatten(1, 2))
            if isinstance(block, TemplateModulation):
                kept.append(block.template_kernels(z_BHWC))
            else:
                z_BHWC = block(z_BHWC)
        return self.downsample(z_BHWC), tuple(kept)

    def forward(self, x_BHWC: Tensor, *kept: Tensor) -> Tensor:
        """The search's map, the template's kernels and what :class:`JointBlock` takes -> the next stage's map."""
        for block in self.blocks:
            if isinstance(block, TemplateModulation):
                x_BHWC = block(x_BHWC, kept[0])
            elif isinstance(block, JointBlock):
                x_BHWC = block(x_BHWC, *kept[1:])
            else:
                x_BHWC = block(x_BHWC)
        y_BHWC: Tensor = self.downsample(x_BHWC)
        return y_BHWC


class Backbone(nn.Module):
    """Three stages that template and search share."""

    def __init__(self, depths: tuple[int, int, int]) -> None:
        super().__init__()
        self.patch_embed = Downsample(3, DIMS[0], kernel=7, stride=4)
        self.layers = nn.ModuleList(Stage(stage, depth) for stage, depth in enumerate(depths))

    def template(self, template_B3HW: Tensor) -> Tensors:
        """(B, 3, H, W) -> kernels (B, 2, 64) and (B, 4, 128) of the last two stages, and tokens (B, M, 128)."""
        z_BHWC = self.patch_embed(template_B3HW.permute(0, 2, 3, 1))
        everything: Tensors = ()
        for stage in cast("Iterable[Stage]", self.layers):
            z_BHWC, kept = stage.template(z_BHWC)
            everything += kept
        return everything

    def joint_block(self) -> JointBlock:
        """The one block in which tokens of search and template attend to each other."""
        return cast("JointBlock", cast("Stage", self.layers[-1]).blocks[-1])

    def forward(self, search_B3HW: Tensor, kernels_1: Tensor, kernels_2: Tensor, *attended: Tensor) -> Tensor:
        """(B, 3, H, W), the kernels, and what :class:`JointBlock` takes of the template -> (B, N, 256)."""
        x_BHWC: Tensor = self.patch_embed(search_B3HW.permute(0, 2, 3, 1))
        for stage, kept in zip(self.layers, ((), (kernels_1,), (kernels_2, *attended)), strict=True):
            x_BHWC = stage(x_BHWC, *kept)
        return x_BHWC.flatten(1, 2)


class AsymTrack(PeerNetwork):
    """The network."""

    output_names = ("box",)

    def __init__(self, config: AsymTrackConfig) -> None:
        super().__init__()
        self.backbone = Backbone(config.depths)
        self.box_head = CornerHead(DIMS[-1], HEAD_DIMS, config.grid)
        self.bottleneck = nn.Linear(DIMS[-1], DIMS[-1])

    def encode_template(self, *template: Tensor) -> Tensors:
        """(1, 3, H, W) -> two sets of kernels, and keys and values for the attention."""
        *kernels, tokens_BMC = self.backbone.template(*template)
        return (*kernels, *self.backbone.joint_block().keys_and_values(tokens_BMC))

    def remember(self, *template: Tensor) -> Tensors:
        """As :meth:`encode_template` when ``cached``, else kernels and tokens."""
        return self.encode_template(*template) if self.cached else self.backbone.template(*template)

    def forward(self, search_B3HW: Tensor, *memory: Tensor) -> Tensors:
        """As :meth:`forward_search`; the block tells tokens from keys and values."""
        return self.forward_search(search_B3HW, *memory)

    def forward_search(self, search_B3HW: Tensor, *encoded: Tensor) -> Tensors:
        """A search crop and what the template gave -> (B, 4) cx, cy, w, h in fractions of the crop."""
        cells_BNC = self.bottleneck(self.backbone(search_B3HW, *encoded))
        return (self.box_head(to_map(cells_BNC)),)

    def decode(self, outputs: Tensors) -> Answer:
        """The box as it is; AsymTrack has no score."""
        return plain_box(outputs)

    def fold(self) -> AsymTrack:
        """A copy with one convolution a perception module and a head's unit, without the parameters never used."""
        network = cast("AsymTrack", super().fold())
        with torch.no_grad():
            for stage in cast("Iterable[Stage]", network.backbone.layers):
                _deploy(stage)
        return network


def _deploy(stage: Stage) -> None:
    for index, block in enumerate(stage.blocks):
        if isinstance(block, ObjectPerception):
            stage.blocks[index] = block.folded()
        if isinstance(block, TemplateModulation):
            block.drop_unused()


FAMILY = Family("asymtrack", VARIANTS, AsymTrack, rules=Rules(optional=("num_batches_tracked",)))
NAMES = tuple(FAMILY.variants)
create = FAMILY.create
