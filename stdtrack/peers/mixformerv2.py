"""MixFormerV2 (NeurIPS 2023, arXiv 2305.15896): a plain ViT over two templates, the search image and prediction tokens.

Shapes: B crops, M tokens of both templates, N tokens, S keys, H heads, D channels a head, C = H * D, L blocks.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from evalkit.types import Box, Image
from stdtrack.peers.blocks import Attention, Mlp, PatchEmbed
from stdtrack.peers.family import Family
from stdtrack.peers.mixed import mixed_attention
from stdtrack.peers.network import Answer, PeerNetwork, Tensors
from stdtrack.peers.online_template import SETTINGS, OnlineTemplateConfig, OnlineTemplateTracker

SIDES = 4
"""Prediction tokens, one a side of the box: left, right, top, bottom."""


@dataclass(frozen=True)
class MixFormerV2Config(OnlineTemplateConfig):
    """What the variants differ in, the widths they share, and the least score of a frame that may be a template."""

    update_score: float = 0.5
    depth: int = 4
    mlp_ratio: int = 1
    dim: int = 768
    heads: int = 12
    patch: int = 16
    bins: int = 96


class Block(nn.Module):
    """x + mixed attention(norm(x)), then x + MLP(norm(x))."""

    def __init__(self, config: MixFormerV2Config) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(config.dim, eps=1e-6)
        self.attn = Attention(config.dim, config.heads)
        self.norm2 = nn.LayerNorm(config.dim, eps=1e-6)
        self.mlp = Mlp(config.dim, config.dim * config.mlp_ratio)

    def forward(self, x_BNC: Tensor, templates: int, past_2BHMD: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """(B, N, C), and keys and values of these N tokens (2, B, H, N, D).

        Args:
            templates: how many of the N tokens are templates'; they come first.
            past_2BHMD: keys and values of templates that are not among the N tokens.
        """
        q_BHND, *kv = self.attn.project(self.norm1(x_BNC))
        own_2BHND = torch.stack(kv)
        k_BHSD, v_BHSD = own_2BHND if past_2BHMD is None else torch.cat((past_2BHMD, own_2BHND), dim=3)
        x_BNC = x_BNC + self.attn.proj(mixed_attention(q_BHND, k_BHSD, v_BHSD, (templates, templates)))
        return x_BNC + self.mlp(self.norm2(x_BNC)), own_2BHND


class Backbone(nn.Module):
    """Tokens [template | online template | search | prediction] through the blocks; no norm after the last."""

    def __init__(self, config: MixFormerV2Config) -> None:
        super().__init__()
        dim, patch = config.dim, config.patch
        self.pos_embed_s = nn.Parameter(torch.zeros(1, (config.search_size // patch) ** 2, dim))
        self.pos_embed_t = nn.Parameter(torch.zeros(1, (config.template_size // patch) ** 2, dim))
        self.reg_tokens = nn.Parameter(torch.zeros(1, SIDES, dim))
        self.pos_embed_reg = nn.Parameter(torch.zeros(1, SIDES, dim))
        self.patch_embed = PatchEmbed(dim, patch)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.depth))

    def template_tokens(self, template_B3HW: Tensor, online_B3HW: Tensor) -> Tensor:
        """(B, M, C) of both templates, which share one position table."""
        return torch.cat([self.patch_embed(image) + self.pos_embed_t for image in (template_B3HW, online_B3HW)], dim=1)

    def search_tokens(self, search_B3HW: Tensor) -> Tensor:
        """(B, N, C) of the search image, then the prediction tokens."""
        x_BNC = self.patch_embed(search_B3HW) + self.pos_embed_s
        return torch.cat((x_BNC, (self.reg_tokens + self.pos_embed_reg).expand(len(x_BNC), -1, -1)), dim=1)

    def encode(self, x_BMC: Tensor) -> Tensor:
        """The templates' keys and values in every block, (L, 2, B, H, M, D)."""
        cache = []
        for block in self.blocks:
            x_BMC, own_2BHMD = block(x_BMC, x_BMC.shape[1])
            cache.append(own_2BHMD)
        return torch.stack(cache)

    def forward(self, x_BNC: Tensor, templates: int, cache_L2BHMD: Tensor | None = None) -> Tensor:
        """The prediction tokens (B, 4, C) after the last block; arguments as of :meth:`Block.forward`."""
        for index, block in enumerate(self.blocks):
            x_BNC, _ = block(x_BNC, templates, None if cache_L2BHMD is None else cache_L2BHMD[index])
        return x_BNC[:, -SIDES:]


class BoxHead(nn.Module):
    """Each side of the box is the mean of a distribution over bins along the search crop."""

    def __init__(self, config: MixFormerV2Config) -> None:
        super().__init__()
        self.bins, self.size = config.bins, config.search_size
        widths = ((config.dim, config.dim), (config.dim, config.bins))
        self.layers = nn.ModuleList(nn.Sequential(nn.Linear(i, o), nn.LayerNorm(o)) for i, o in widths)

    def forward(self, tokens_B4C: Tensor) -> Tensor:
        """(B, 4): cx, cy, w, h in fractions of the search crop."""
        hidden, last = self.layers
        share_B4K = last(hidden(tokens_B4C).relu()).softmax(-1)
        bins_K = torch.arange(self.bins, device=tokens_B4C.device) * (self.size / self.bins)
        left, right, top, bottom = ((share_B4K * bins_K).sum(-1) / self.size).unbind(-1)
        return torch.stack(((left + right) / 2, (top + bottom) / 2, right - left, bottom - top), dim=-1)


class ScoreHead(nn.Module):
    """One logit: the mean over the prediction tokens."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Sequential(nn.Linear(dim, dim), nn.ReLU()), nn.Linear(dim, 1))

    def forward(self, tokens_B4C: Tensor) -> Tensor:
        """(B,)."""
        logits_B41: Tensor = self.layers(tokens_B4C)
        return logits_B41.mean(dim=(1, 2))


class MixFormerV2(PeerNetwork):
    """The network; without a cache all three images go through it in one pass, as the official tracker has it."""

    output_names = ("box", "score")

    def __init__(self, config: MixFormerV2Config) -> None:
        super().__init__()
        self.backbone = Backbone(config)
        self.box_head = BoxHead(config)
        self.score_head = ScoreHead(config.dim)

    def encode_template(self, *template: Tensor) -> Tensors:
        """The template and the online template -> their keys and values (L, 2, B, H, M, D)."""
        return (self.backbone.encode(self.backbone.template_tokens(*template)),)

    def forward_search(self, search_B3HW: Tensor, *encoded: Tensor) -> Tensors:
        """The box (B, 4), cx, cy, w, h in fractions of the search crop, and the score's logit (B,)."""
        return self._predict(self.backbone(self.backbone.search_tokens(search_B3HW), 0, *encoded))

    def forward(self, search_B3HW: Tensor, *memory: Tensor) -> Tensors:
        """As :meth:`forward_search`, from what :meth:`remember` returned."""
        if self.cached:
            return self.forward_search(search_B3HW, *memory)
        template_BMC = self.backbone.template_tokens(*memory)
        x_BNC = torch.cat((template_BMC, self.backbone.search_tokens(search_B3HW)), dim=1)
        return self._predict(self.backbone(x_BNC, template_BMC.shape[1]))

    def decode(self, outputs: Tensors) -> Answer:
        """The box, and the score as a probability."""
        box_B4, logit_B = outputs
        return Answer(box_B4[0].float().cpu().numpy(), float(logit_B[0].float().sigmoid()))

    def _predict(self, tokens_B4C: Tensor) -> Tensors:
        return self.box_head(tokens_B4C), self.score_head(tokens_B4C)


class MixFormerV2Tracker(OnlineTemplateTracker[MixFormerV2Config]):
    """The online template becomes the interval's frame of the largest score, or the first frame if none was sure.

    Attributes:
        best: the largest score of the interval that passed; -1 before any did.
    """

    best: float = -1.0
    _candidate: Tensor

    def init(self, image: Image, box: Box) -> None:
        """As :meth:`PeerTracker.init`."""
        super().init(image, box)
        self._begin_interval()

    def after_frame(self, image: Image, answer: Answer) -> None:
        """Look at this frame as a template; exchange the online template when an interval ends."""
        if answer.score > max(self.config.update_score, self.best):
            self._candidate, self.best = self.template_crop(image, self.box), answer.score
        if self.interval_ends():
            self.exchange(self._candidate)
            self._begin_interval()

    def _begin_interval(self) -> None:
        self._candidate, self.best = self.template[0], -1.0


FAMILY = Family(
    "mixformerv2",
    {
        "s": MixFormerV2Config(112, 224, search_factor=4.5, depth=4, mlp_ratio=1),
        "b": MixFormerV2Config(128, 288, search_factor=5.0, depth=8, mlp_ratio=4),
    },
    MixFormerV2,
    MixFormerV2Tracker,
    settings=SETTINGS,
)
NAMES = tuple(FAMILY.variants)
create = FAMILY.create
