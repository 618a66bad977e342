"""Structured pruning: what costs least by data is removed: channels, heads, blocks; what read it is refitted."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from evalkit.errors import InputError
from profiling.complexity.count import count
from profiling.latency.clips import Clip
from stdtrack.checkpoints import without_blocks
from stdtrack.compression.agreement import alike_tracks
from stdtrack.compression.elimination import LinearMap, elimination_order
from stdtrack.compression.layers import Indices, Layer, cut, narrowed, narrowest, widths_of
from stdtrack.compression.readers import Reader, readers_of, watched
from stdtrack.configs import ModelConfig
from stdtrack.inference.graphs import StepGraph
from stdtrack.inference.networks import example_inputs
from stdtrack.model import STDTrack
from stdtrack.model.head import MultiScaleConv
from stdtrack.tracker import STDTracker


@dataclass(frozen=True)
class Pruned:
    """What was removed.

    Attributes:
        blocks: numbers of the transformer blocks that were left out, as the network had them before.
        widths: by layer, before and after.
        macs: of one frame, before and after.
    """

    blocks: Sequence[int]
    widths: Mapping[str, tuple[int, int]]
    macs: tuple[int, int]

    def described(self) -> str:
        """The step in words."""
        changes = [f"{name} {before} to {after}" for name, (before, after) in self.widths.items() if after < before]
        blocks = [f"without block {', '.join(map(str, self.blocks))}"] if self.blocks else []
        share = 1.0 - self.macs[1] / self.macs[0]
        return f"pruned by {share:.1%} of the MACs of a frame: {'; '.join((*blocks, *changes))}."


@dataclass(frozen=True)
class Removal:
    """How a layer loses its channels.

    Attributes:
        orders: (M,) for each of its parts: which goes first, and so on.
        costs: (M,) of each loss, the mean over the parts (:func:`elimination_order`).
    """

    orders: Sequence[NDArray[np.int64]]
    costs: NDArray[np.float64]

    @classmethod
    def of(cls, maps: Sequence[LinearMap], most: int) -> Removal:
        """Of a layer that these maps read, one a part; at most so many channels go."""
        found = [elimination_order(linear, most) for linear in maps]
        return cls([order for order, _ in found], np.mean([costs for _, costs in found], axis=0))

    def kept(self, maps: Sequence[LinearMap], count: int) -> Indices:
        """The channels that stay in each part when ``count`` are gone."""
        pairs = zip(self.orders, maps, strict=True)
        return [torch.from_numpy(np.setdiff1d(np.arange(linear.groups), order[:count])) for order, linear in pairs]


def prune(
    model: STDTrack, share: float, clips: Sequence[Clip], *, blocks: int = 0, tell: Callable[[str], None]
) -> tuple[STDTrack, Pruned]:
    """Remove at least this share of a frame's MACs, where the outputs of what reads a layer change least.

    Args:
        model: as it was trained, not folded.
        share: of the MACs.
        clips: frames that the inputs' moments come from.
        blocks: so many whole transformer blocks go first.

    Returns:
        the smaller network, to be trained further, and what was removed.

    Raises:
        InputError: so much cannot be removed.
    """
    before = macs_of(model.config)
    shorter, there, dropped = model, list(range(model.config.depth)), []
    for _ in range(blocks):
        shorter, place = _without_least_block(shorter, clips)
        dropped.append(there.pop(place))
        tell(f"left out transformer block {dropped[-1]}")
    maps, widths = watched(shorter, clips), widths_of(shorter.config)
    removals = {
        layer: Removal.of(parts, widths[layer] - narrowest(shorter.config, layer)) for layer, parts in maps.items()
    }
    left = allocated(shorter.config, {layer: one.costs for layer, one in removals.items()}, (1.0 - share) * before)
    kept = {layer: removals[layer].kept(maps[layer], widths[layer] - width) for layer, width in left.items()}
    smaller = cut(refitted(shorter, maps, kept), kept)
    named = {str(layer): (widths[layer], width) for layer, width in left.items()}
    return smaller, Pruned(dropped, named, (before, macs_of(smaller.config)))


def allocated(config: ModelConfig, costs: Mapping[Layer, NDArray[np.float64]], most_macs: float) -> dict[Layer, int]:
    """The width of each layer for which a frame has at most so many MACs: what costs least for its saving goes first.

    Args:
        costs: (M,) of removing one channel after the other from a layer.

    Raises:
        InputError: so much cannot be removed.
    """
    widths = widths_of(config)
    macs, left = macs_of(config), dict(widths)
    saved = {
        layer: macs - macs_of(narrowed(config, {layer: widths[layer] - layer.step}))
        for layer in costs
        if len(costs[layer]) >= layer.step
    }

    def price(layer: Layer) -> float:
        gone = widths[layer] - left[layer]
        return float(costs[layer][gone : gone + layer.step].sum()) / saved[layer]

    while macs > most_macs:
        open_layers = [layer for layer in saved if widths[layer] - left[layer] + layer.step <= len(costs[layer])]
        if not open_layers:
            least = macs_of(narrowed(config, left))
            problem = f"a frame of the narrowest network takes {least:,} MACs, more than the {most_macs:,.0f} asked for"
            raise InputError(problem, hint="prune less, or leave out whole blocks first (prune_blocks)")
        cheapest = min(open_layers, key=price)
        left[cheapest] -= cheapest.step
        macs -= saved[cheapest]
        if macs <= most_macs:
            macs = macs_of(narrowed(config, left))  # savings overlap: what is counted decides
    return left


@torch.no_grad()
def refitted(model: STDTrack, maps: Mapping[Layer, Sequence[LinearMap]], kept: Mapping[Layer, Indices]) -> STDTrack:
    """A copy whose readers do, with the kept channels alone, what they did with all, as well as they can."""
    model = copy.deepcopy(model).eval()
    for layer, readers in readers_of(model).items():
        for reader, linear, indices in zip(readers, maps[layer], kept[layer], strict=True):
            weight, bias = linear.refitted(indices.numpy())
            _add(reader, torch.from_numpy(weight - linear.weight), torch.from_numpy(bias - linear.bias))
    return model


def _add(reader: Reader, weight_OI: Tensor, bias_O: Tensor) -> None:
    """Add to what a reader computes; of parallel branches, to the one with the largest kernel."""
    module, scale = reader.module, torch.ones(1)
    weight = bias = module
    if isinstance(module, MultiScaleConv):
        branches: list[Any] = list(module.branches)
        branch = max(branches, key=lambda one: int(one.conv.kernel_size[0]))
        weight, bias, norm = branch.conv, branch.norm, branch.norm
        scale = (norm.weight / torch.sqrt(norm.running_var + norm.eps)).chunk(reader.parts)[reader.part]
    own = weight.weight.chunk(reader.parts)[reader.part]
    own += (weight_OI.float() / scale[:, None]).view_as(own)
    bias.bias.chunk(reader.parts)[reader.part].add_(bias_O.float())


def macs_of(config: ModelConfig) -> int:
    """Multiply-accumulate operations of one frame of the folded network."""
    with torch.device("meta"):
        model = STDTrack(config).fold()
        _, step = example_inputs(model)
    return count(StepGraph(model), step).macs


def _without_least_block(model: STDTrack, clips: Sequence[Clip]) -> tuple[STDTrack, int]:
    """The network without the block whose absence moves the boxes least, and that block's number."""
    if model.config.depth < 2:
        raise InputError("the network has one transformer block: it cannot be left out")
    original = STDTracker(model)
    candidates = {number: without_blocks(model, [number]).eval() for number in range(model.config.depth)}
    alike = {number: alike_tracks(original, STDTracker(shorter), clips) for number, shorter in candidates.items()}
    best = max(alike, key=lambda number: alike[number])
    return candidates[best], best
