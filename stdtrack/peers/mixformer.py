"""MixFormer (CVPR 2022, arXiv 2203.11082) with the backbone CvT-21, without the score module.

Three stages, each a convolutional embedding and mixed attention over two templates and the search image; corner maps.
Shapes: B crops, N tokens of all images, S keys, M keys of both templates, H heads, D channels a head, C = H * D.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from evalkit.types import Image
from stdtrack.peers.blocks import CornerHead, Mlp, plain_box, to_map
from stdtrack.peers.checkpoint import Rules
from stdtrack.peers.family import Family
from stdtrack.peers.mixed import mixed_attention
from stdtrack.peers.network import Answer, PeerNetwork, Tensors
from stdtrack.peers.norms import FrozenBatchNorm2d
from stdtrack.peers.online_template import SETTINGS, OnlineTemplateConfig, OnlineTemplateTracker


@dataclass(frozen=True)
class StageConfig:
    """A stage's width, blocks and heads, and the convolution (kernel, stride, padding) that begins it."""

    dim: int
    depth: int
    heads: int
    embedding: tuple[int, int, int]


@dataclass(frozen=True)
class MixFormerConfig(OnlineTemplateConfig):
    """The backbone's stages, and the head's tower on the last stage's map."""

    search_size: int = 320
    search_factor: float = 5.0
    stages: tuple[StageConfig, ...] = (
        StageConfig(64, 1, 1, (7, 4, 2)),
        StageConfig(192, 4, 3, (3, 2, 1)),
        StageConfig(384, 16, 6, (3, 2, 1)),
    )
    mlp_ratio: int = 4
    head: tuple[int, int, int, int] = (384, 192, 96, 48)
    grid: int = 20
    classes: int = 1000
    """Of the classifier that checkpoints hold and tracking does not use."""


class QuickMlp(Mlp):
    """Linear, x * sigmoid(1.702 x), linear."""

    def forward(self, x_BNC: Tensor) -> Tensor:
        """(B, N, C) -> (B, N, C)."""
        hidden_BNE = self.fc1(x_BNC)
        y_BNC: Tensor = self.fc2(hidden_BNE * torch.sigmoid(1.702 * hidden_BNE))
        return y_BNC


class Embedding(nn.Module):
    """The convolution that begins a stage, and a norm of its tokens."""

    def __init__(self, channels: int, config: StageConfig) -> None:
        super().__init__()
        self.proj = nn.Conv2d(channels, config.dim, *config.embedding)
        self.norm = nn.LayerNorm(config.dim)

    def forward(self, map_BEHW: Tensor) -> Tensor:
        """(B, E, H, W) -> (B, N, C)."""
        x_BNC: Tensor = self.norm(to_tokens(self.proj(map_BEHW)))
        return x_BNC


class ConvAttention(nn.Module):
    """Mixed attention whose queries, keys and values are convolved on each image's map before they are projected."""

    def __init__(self, config: StageConfig) -> None:
        super().__init__()
        self.heads, self.scale = config.heads, config.dim**-0.5  # the width's root, not the head's
        strides = {"q": 1, "k": 2, "v": 2}
        for name, stride in strides.items():
            self.add_module(f"conv_proj_{name}", _depthwise(config.dim, stride))
        for name in strides:
            self.add_module(f"proj_{name}", nn.Linear(config.dim, config.dim))
        self.proj = nn.Linear(config.dim, config.dim)

    def forward(self, images: Sequence[Tensor], templates: int, past_2BHMD: Tensor | None) -> tuple[Tensor, Tensor]:
        """(B, N, C) of all images, and their keys and values (2, B, H, S, D).

        Args:
            images: maps (B, C, G, G), templates first.
            templates: how many of them are templates.
            past_2BHMD: keys and values of templates that are not among the images.
        """
        q_BHND, queries = self._project("q", images, templates)
        k_BHSD, keys = self._project("k", images, templates)
        own_2BHSD = torch.stack((k_BHSD, self._project("v", images, templates)[0]))
        k_BHSD, v_BHSD = own_2BHSD if past_2BHMD is None else torch.cat((past_2BHMD, own_2BHSD), dim=3)
        y_BNC: Tensor = self.proj(mixed_attention(q_BHND, k_BHSD, v_BHSD, (queries, keys), self.scale))
        return y_BNC, own_2BHSD

    def _project(self, name: str, images: Sequence[Tensor], templates: int) -> tuple[Tensor, int]:
        """(B, H, N, D), and how many of the N are the templates'."""
        convolve = self.get_submodule(f"conv_proj_{name}")
        tokens = [to_tokens(convolve(image)) for image in images]
        x_BNC: Tensor = self.get_submodule(f"proj_{name}")(torch.cat(tokens, dim=1))
        x_BHND = x_BNC.view(*x_BNC.shape[:2], self.heads, -1).transpose(1, 2)
        return x_BHND, sum(token_BNC.shape[1] for token_BNC in tokens[:templates])


class Block(nn.Module):
    """x + attention(norm(x)), then x + MLP(norm(x))."""

    def __init__(self, config: StageConfig, mlp_ratio: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(config.dim)
        self.attn = ConvAttention(config)
        self.norm2 = nn.LayerNorm(config.dim)
        self.mlp = QuickMlp(config.dim, config.dim * mlp_ratio)

    def forward(
        self, x_BNC: Tensor, tokens: Sequence[int], templates: int, past_2BHMD: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """As :meth:`ConvAttention.forward`, on the images' joined tokens; ``tokens`` has each image's number."""
        images = split_maps(self.norm1(x_BNC), tokens)
        y_BNC, own_2BHSD = self.attn(images, templates, past_2BHMD)
        x_BNC = x_BNC + y_BNC
        return x_BNC + self.mlp(self.norm2(x_BNC)), own_2BHSD


class Stage(nn.Module):
    """Embedding and blocks."""

    def __init__(self, channels: int, config: StageConfig, mlp_ratio: int) -> None:
        super().__init__()
        self.patch_embed = Embedding(channels, config)
        self.blocks = nn.ModuleList(Block(config, mlp_ratio) for _ in range(config.depth))

    def forward(
        self, images: Sequence[Tensor], templates: int, cache_L2BHMD: Tensor | None = None
    ) -> tuple[list[Tensor], Tensor]:
        """The images' next maps, and keys and values of all blocks (L, 2, B, H, S, D)."""
        parts = [self.patch_embed(image) for image in images]
        tokens = [part_BNC.shape[1] for part_BNC in parts]
        x_BNC, cache = torch.cat(parts, dim=1), []
        for index, block in enumerate(self.blocks):
            x_BNC, own_2BHSD = block(x_BNC, tokens, templates, None if cache_L2BHMD is None else cache_L2BHMD[index])
            cache.append(own_2BHSD)
        return split_maps(x_BNC, tokens), torch.stack(cache)


class Backbone(nn.Module):
    """The stages, and two layers of the classifier that it was."""

    def __init__(self, config: MixFormerConfig) -> None:
        super().__init__()
        channels = 3
        for index, stage in enumerate(config.stages):
            self.add_module(f"stage{index}", Stage(channels, stage, config.mlp_ratio))
            channels = stage.dim
        self.depth = len(config.stages)
        self.norm = nn.LayerNorm(channels)
        self.head = nn.Linear(channels, config.classes)

    def forward(self, images: Sequence[Tensor], templates: int, *caches: Tensor) -> tuple[list[Tensor], Tensors]:
        """The images' last maps, and each stage's keys and values as :meth:`Stage.forward`'s."""
        own = []
        for index in range(self.depth):
            images, cache = self.get_submodule(f"stage{index}")(images, templates, *caches[index : index + 1])
            own.append(cache)
        return list(images), tuple(own)


class MixFormer(PeerNetwork):
    """The network; without a cache all three images go through it in one pass, as the official tracker has it."""

    output_names = ("box",)

    def __init__(self, config: MixFormerConfig) -> None:
        super().__init__()
        self.backbone = Backbone(config)
        self.box_head = CornerHead(config.stages[-1].dim, config.head, config.grid)

    def encode_template(self, *template: Tensor) -> Tensors:
        """The template and the online template -> their keys and values, a tensor (L, 2, B, H, M, D) a stage."""
        _, caches = self.backbone(template, len(template))
        return tuple(caches)

    def forward_search(self, search_B3HW: Tensor, *encoded: Tensor) -> Tensors:
        """The box (B, 4): cx, cy, w, h in fractions of the search crop; a side may be negative."""
        return (self.box_head(self.backbone((search_B3HW,), 0, *encoded)[0][0]),)

    def forward(self, search_B3HW: Tensor, *memory: Tensor) -> Tensors:
        """As :meth:`forward_search`, from what :meth:`remember` returned."""
        if self.cached:
            return self.forward_search(search_B3HW, *memory)
        return (self.box_head(self.backbone((*memory, search_B3HW), len(memory))[0][-1]),)

    def decode(self, outputs: Tensors) -> Answer:
        """The box; there is no score."""
        return plain_box(outputs)


def to_tokens(map_BCGG: Tensor) -> Tensor:
    """(B, C, G, G) -> (B, N, C), row by row."""
    return map_BCGG.flatten(2).transpose(1, 2)


def split_maps(x_BNC: Tensor, tokens: Sequence[int]) -> list[Tensor]:
    """The images' joined tokens -> a map (B, C, G, G) an image."""
    return [to_map(part_BNC) for part_BNC in torch.split(x_BNC, list(tokens), dim=1)]


def _depthwise(dim: int, stride: int) -> nn.Sequential:
    convolution = nn.Conv2d(dim, dim, 3, stride, padding=1, groups=dim, bias=False)
    return nn.Sequential(OrderedDict(conv=convolution, bn=FrozenBatchNorm2d(dim)))


class MixFormerTracker(OnlineTemplateTracker[MixFormerConfig]):
    """The online template becomes the frame that ends an interval, whatever it shows."""

    def after_frame(self, image: Image, answer: Answer) -> None:
        """Exchange the online template when an interval ends."""
        if self.interval_ends():
            self.exchange(self.template_crop(image, self.box))


# What is published has a score module, which the plain tracker does not use, and frozen norms in the head.
FAMILY = Family(
    "mixformer",
    {"cvt21": MixFormerConfig()},
    MixFormer,
    MixFormerTracker,
    settings=SETTINGS,
    rules=Rules(ignored=("score_branch.",), optional=("num_batches_tracked",)),
)
NAMES = tuple(FAMILY.variants)
create = FAMILY.create
