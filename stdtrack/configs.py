"""Named variants of the network as frozen dataclasses."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

Stem = Literal["patch", "efficientnet_lite0", "fear_xs", "nanotrack_v3"]
MemoryRule = Literal["quality", "fifo", "none"]

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
# EfficientNet-Lite was trained on (pixel - 127) / 128; its first batch norm's statistics confirm it.
LITE_MEAN = (127 / 255,) * 3
LITE_STD = (128 / 255,) * 3

PIXELS: Mapping[Stem, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    "patch": (IMAGENET_MEAN, IMAGENET_STD),
    "efficientnet_lite0": (LITE_MEAN, LITE_STD),
    "fear_xs": (IMAGENET_MEAN, IMAGENET_STD),
    "nanotrack_v3": ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
}
"""Mean and deviation of the pixels that each stem was trained on."""


@dataclass(frozen=True)
class OnlineConfig:
    """What tracking adds to the network; tuned on left-out training clips, never on a benchmark.

    Attributes:
        window_influence: weight of the Hann window in the score map: 0 ignores it, 1 multiplies the map by it.
        size_smoothing: share of the old size that is kept from one frame to the next, for an answer of quality 1;
            an answer of quality q keeps ``1 - (1 - size_smoothing) * q``.
        lost_quality: below this predicted quality neither size nor position of the search window follows the answer.
    """

    window_influence: float = 0.45
    size_smoothing: float = 0.6
    lost_quality: float = 0.0


@dataclass(frozen=True)
class Widths:
    """Layers that pruning made narrower than the rest of a config says; empty and 0: they are as that says.

    Attributes:
        stem: hidden channels of each block of a convolutional stem.
        heads: attention heads of every transformer block; each has as many channels as before.
        hidden: hidden channels of each transformer block's feed-forward layer.
    """

    stem: tuple[int, ...] = ()
    heads: int = 0
    hidden: tuple[int, ...] = ()


@dataclass(frozen=True)
class ModelConfig:
    """One network, and how it is used online. All fields are our design unless the comment says *paper*.

    Attributes:
        template_size, search_size: pixels of the square crops.
        template_factor, search_factor: side of a crop over the square root of the target's area.
        mean, std: of an RGB pixel in [0, 1].
        stem: ``patch`` (one 16 x 16 convolution), or the first blocks of a published network: ``efficientnet_lite0``
            (trained on ImageNet), ``fear_xs`` and ``nanotrack_v3`` (trained for tracking).
        dim, depth, heads, mlp_ratio: of the transformer.
        head_stride: pixels a cell of the score map: 16, or 8 (then the stem's stride-8 features join the tokens).
        head_dim: channels of the features that the head reads.
        tower_dims: channels of a tower after each of its blocks.
        head_kernels: receptive fields of a block's parallel branches (*paper*: several, folded for inference).
        token: the spatiotemporal token (*paper*).
        memory: rule of the Spatiotemporal Token Maintainer (*paper*: ``quality``); ``none`` keeps the last token only.
        capacity: tokens it holds, the protected first one included (*paper*: fixed).
        admission: least predicted quality of a token that is stored.
        fusion: the Multi-frame Information Fusion Module (*paper*).
        multi_scale: parallel branches in the head (*paper*); without, the largest kernel stands alone.
        keep: share of the search tokens that go on after a quarter, half and three quarters of the blocks, in (0, 1];
            1: none is left out. Which ones, the spatiotemporal token says (:mod:`stdtrack.model.search_tokens`).
        widths: see :class:`Widths`; set for pruned networks alone.
        online: see :class:`OnlineConfig`.

    Raises:
        ValueError: ``keep`` is no such share, or less than 1 without a token.
    """

    name: str
    template_size: int = 128
    search_size: int = 256
    template_factor: float = 2.0
    search_factor: float = 4.0
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD
    stem: Stem = "patch"
    dim: int = 192
    depth: int = 12
    heads: int = 3
    mlp_ratio: float = 4.0
    head_stride: Literal[8, 16] = 16
    head_dim: int = 128
    tower_dims: tuple[int, ...] = (64, 32)
    head_kernels: tuple[int, ...] = (1, 3, 5)
    token: bool = True
    memory: MemoryRule = "quality"
    capacity: int = 8
    admission: float = 0.5
    fusion: bool = True
    multi_scale: bool = True
    keep: float = 1.0
    widths: Widths = field(default_factory=Widths)
    online: OnlineConfig = field(default_factory=OnlineConfig)

    def __post_init__(self) -> None:
        if not 0.0 < self.keep <= 1.0:
            raise ValueError(f"keep is {self.keep:g}, no share above 0; 1 leaves no search token out")
        if self.keep < 1.0 and not self.token:
            raise ValueError(f"keep is {self.keep:g}, and no spatiotemporal token says which search tokens")

    @property
    def template_grid(self) -> int:
        """Tokens along a side of the template."""
        return self.template_size // 16

    @property
    def search_grid(self) -> int:
        """Tokens along a side of the search region."""
        return self.search_size // 16

    @property
    def hidden_dims(self) -> tuple[int, ...]:
        """Hidden channels of each transformer block's feed-forward layer."""
        return self.widths.hidden or (int(self.dim * self.mlp_ratio),) * self.depth

    @property
    def going_on(self) -> Mapping[int, int]:
        """How many search tokens go on after so many blocks; empty where none is left out.

        >>> BASE.going_on, replace(BASE, keep=0.7).going_on, replace(NANO, keep=0.7).going_on
        ({}, {3: 180, 6: 126, 9: 89}, {1: 45})
        """
        if self.keep == 1.0:
            return {}
        ends = sorted({self.depth * quarters // 4 for quarters in (1, 2, 3)} - {0})
        counts, left = {}, self.search_grid**2
        for end in ends:
            # A hair less: 0.55 * 100 is more than 55 in binary fractions.
            counts[end] = left = math.ceil(self.keep * left * (1.0 - 1e-12))
        return counts

    @property
    def block_heads(self) -> int:
        """Attention heads of a transformer block."""
        return self.widths.heads or self.heads

    @property
    def score_grid(self) -> int:
        """Cells along a side of the score map."""
        return self.search_size // self.head_stride


BASE = ModelConfig("base")
# Half of base's blocks: on a CPU a step takes less than HiT-Tiny's then (docs/performance.md).
SMALL = replace(BASE, name="small", depth=6)
NANO = ModelConfig(
    "nano",
    # The target has 40 pixels in both crops. Of three blocks trained, the middle one was left out: docs/results.md.
    template_size=80,
    search_size=128,
    search_factor=3.2,
    stem="fear_xs",
    dim=128,
    depth=2,
    heads=4,
    mlp_ratio=3.0,
    head_stride=8,
    head_dim=64,
    tower_dims=(32, 32),
    head_kernels=(1, 3),
    # No other setting was better on the scenes left out of training: docs/results.md.
    online=OnlineConfig(window_influence=0.6, size_smoothing=0.15),
)

VARIANTS: Mapping[str, ModelConfig] = {config.name: config for config in (BASE, SMALL, NANO)}

FULL = "full"


def ablations(config: ModelConfig) -> Mapping[str, ModelConfig]:
    """The full model and, one at a time, the honest absence of each part.

    >>> [name for name in ablations(NANO)]
    ['full', 'no token', 'no STM', 'FIFO', 'no MFIFM', 'single-scale head']
    """
    return {
        FULL: config,
        "no token": replace(config, token=False, fusion=False, memory="none", keep=1.0),
        "no STM": replace(config, memory="none"),
        "FIFO": replace(config, memory="fifo"),
        "no MFIFM": replace(config, fusion=False, memory="none"),
        "single-scale head": replace(config, multi_scale=False),
    }
