"""What reads each layer of STDTrack, as linear maps with the moments of their inputs over tracked frames."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from evalkit.running.tracking import track
from profiling.latency.clips import Clip
from stdtrack.compression.elimination import LinearMap
from stdtrack.compression.layers import Layer, widths_of
from stdtrack.model import STDTrack
from stdtrack.model.head import TOWERS
from stdtrack.tracker import STDTracker

EVERY = 4
"""Frames from one that moments are taken of to the next."""


@dataclass
class Moments:
    """Count, sum and products of rows (I,)."""

    count: int = 0
    total: Tensor | float = 0.0
    products: Tensor | float = 0.0

    def add(self, rows_NI: Tensor) -> None:
        """Take in rows."""
        self.count += len(rows_NI)
        self.total = self.total + rows_NI.double().sum(0)
        self.products = self.products + (rows_NI.t() @ rows_NI).double()

    def linear(self, weight_OI: Tensor, bias_O: Tensor, group: int) -> LinearMap:
        """The map of these inputs."""
        assert isinstance(self.total, Tensor)
        assert isinstance(self.products, Tensor)
        mean = self.total / self.count
        covariance = self.products / self.count - torch.outer(mean, mean)
        return LinearMap(weight_OI.double().numpy(), bias_O.double().numpy(), covariance.numpy(), mean.numpy(), group)


@dataclass(frozen=True)
class Reader:
    """A module that reads a layer, or a part of it.

    Attributes:
        module: a linear map or a convolution of the folded network, or a multi-scale one of the network as trained.
        part: which of the groups of its channels; 0 without groups.
        parts: how many groups.
        group: how many of a linear map's inputs are one channel of the layer.
    """

    module: Any
    part: int = 0
    parts: int = 1
    group: int = 1
    moments: Moments = field(default_factory=Moments)

    def watch(self, module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        """A forward hook."""
        self.moments.add(self._rows(inputs[0].detach()))

    def _rows(self, x: Tensor) -> Tensor:
        if isinstance(self.module, nn.Linear):
            return x.flatten(0, -2)
        x_BCHW = x.chunk(self.parts, dim=1)[self.part]
        kernel = self.module.kernel_size[0]
        patches_BIN = F.unfold(x_BCHW.contiguous(), kernel, padding=kernel // 2)
        return patches_BIN.transpose(1, 2).flatten(0, 1)

    def linear(self) -> LinearMap:
        """The map."""
        weight, bias = self.module.weight.detach(), self.module.bias.detach()
        weight, bias = weight.chunk(self.parts)[self.part].flatten(1), bias.chunk(self.parts)[self.part]
        taps = int(np.prod(self.module.kernel_size)) if isinstance(self.module, nn.Conv2d) else 1
        return self.moments.linear(weight, bias, self.group * taps)


def readers_of(folded: STDTrack) -> dict[Layer, list[Reader]]:
    """Who reads each layer of a folded network, by the layer's parts."""
    config = folded.config
    backbone: Any = folded.backbone
    head: Any = folded.head
    quality: Any = folded.quality
    found: dict[Layer, list[Reader]] = {}
    for layer in widths_of(config):
        if layer.kind == "stem":
            found[layer] = [Reader(backbone.stem.blocks[layer.index].project)]
        elif layer.kind == "hidden":
            found[layer] = [Reader(backbone.blocks[layer.index].mlp[2])]
        elif layer.kind == "heads":
            channels = config.dim // config.heads
            found[layer] = [Reader(block.attention.out, group=channels) for block in backbone.blocks]
        elif layer.kind == "head":
            found[layer] = [Reader(head.blocks[0]), Reader(head.blocks[1]), Reader(quality.mlp[2])]
        else:
            found[layer] = _tower_readers(head, layer.index, len(config.tower_dims))
    return found


def _tower_readers(head: Any, index: int, blocks: int) -> list[Reader]:
    if index + 1 == blocks:
        return [Reader(head.score), Reader(head.offset), Reader(head.size)]
    return [Reader(head.blocks[index + 2], tower, TOWERS) for tower in range(TOWERS)]


def watched(model: STDTrack, clips: Sequence[Clip]) -> Mapping[Layer, list[LinearMap]]:
    """The readers of each layer as linear maps, their inputs from frames of the clips, tracked by the network."""
    tracker = STDTracker(model)
    tracker.use(tracker.model)
    readers = readers_of(tracker.model)
    turn = Turn()
    with ExitStack() as stack:
        for reader in (reader for parts in readers.values() for reader in parts):
            hook = partial(turn.pass_on, reader.watch)
            stack.callback(reader.module.register_forward_pre_hook(hook).remove)
        for clip in clips:
            track(tracker, clip.frames, clip.boxes[0], on_frame=turn.next, depth=0)
    return {layer: [reader.linear() for reader in parts] for layer, parts in readers.items()}


@dataclass
class Turn:
    """Lets the first of every few frames through."""

    frame: int = 0

    def next(self) -> None:
        """A frame is done."""
        self.frame += 1

    def pass_on(
        self, hook: Callable[[nn.Module, tuple[Tensor, ...]], None], module: nn.Module, inputs: tuple[Tensor, ...]
    ) -> None:
        """Call the hook if it is a frame's turn."""
        if self.frame % EVERY == 0:
            hook(module, inputs)
