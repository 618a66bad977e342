"""The layers of STDTrack that pruning makes narrower: what reads them, and what of the weights belongs to a channel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

from stdtrack.configs import ModelConfig, Widths
from stdtrack.model import STDTrack
from stdtrack.model.head import TOWERS
from stdtrack.model.stem import LAYOUTS

STEP = 8
"""Channels that come off at a time: what vector units take at once."""


@dataclass(frozen=True)
class Layer:
    """A width of the network.

    Attributes:
        kind: ``stem``: hidden channels of a block of the stem; ``hidden``: those of a transformer block's feed-forward
            layer; ``heads``: of all transformer blocks; ``head``: the head's features; ``tower``: channels of its
            three towers after a block.
        index: number of the block, 0 where there is one.
    """

    kind: Literal["stem", "hidden", "heads", "head", "tower"]
    index: int = 0

    def __str__(self) -> str:
        return self.kind if self.kind in ("heads", "head") else f"{self.kind} {self.index}"

    @property
    def step(self) -> int:
        """How many come off at a time."""
        return 1 if self.kind == "heads" else STEP


Indices = Sequence[Tensor]
"""Of the channels that stay, int64, in each of a layer's parts: they lose equally many."""


def widths_of(config: ModelConfig) -> dict[Layer, int]:
    """Every layer that can be narrowed, with its width."""
    widths = {Layer("heads"): config.block_heads, Layer("head"): config.head_dim}
    widths |= {Layer("hidden", index): width for index, width in enumerate(config.hidden_dims)}
    widths |= {Layer("tower", index): width for index, width in enumerate(config.tower_dims)}
    return widths | {Layer("stem", index): width for index, width in enumerate(_stem_widths(config)) if width}


def narrowest(config: ModelConfig, layer: Layer) -> int:
    """The least width that a layer may be left with: a quarter, and in the stem more than comes into the block.

    A block of the stem whose hidden channels are as many as come in expands nothing.
    """
    width = widths_of(config)[layer]
    least = max(width // 4, layer.step)
    return max(least, _dims_in(config)[layer.index] + STEP) if layer.kind == "stem" else least


def narrowed(config: ModelConfig, widths: Mapping[Layer, int]) -> ModelConfig:
    """The config with these widths; other layers keep theirs."""
    own = {**widths_of(config), **widths}
    stem = () if config.stem == "patch" else _all_stem_widths(config)
    return replace(
        config,
        head_dim=own[Layer("head")],
        tower_dims=tuple(own[Layer("tower", index)] for index in range(len(config.tower_dims))),
        widths=Widths(
            stem=tuple(own.get(Layer("stem", index), width) for index, width in enumerate(stem)),
            heads=own[Layer("heads")],
            hidden=tuple(own[Layer("hidden", index)] for index in range(config.depth)),
        ),
    )


def cut(model: STDTrack, kept: Mapping[Layer, Indices]) -> STDTrack:
    """A network with the kept channels alone, in evaluation mode."""
    config = model.config
    state = dict(model.state_dict())
    for layer, indices in kept.items():
        for name, dim, index in _cuts(config, layer, indices, state):
            state[name] = state[name].index_select(dim, index)
    for layer, indices in kept.items():
        if layer.kind == "tower":
            _cut_readers(state, layer, indices, len(config.tower_dims))
        if layer.kind == "head" and config.token:
            # The gate divides its correlation by the root of the number of features.
            for name in ("gate.place.weight", "gate.place.bias"):
                state[name] = state[name] * (len(indices[0]) / config.head_dim) ** 0.5
    widths = {layer: len(indices[0]) for layer, indices in kept.items()}
    smaller = STDTrack(narrowed(config, widths))
    smaller.load_state_dict(state)
    return smaller.eval()


def _cuts(
    config: ModelConfig, layer: Layer, indices: Indices, state: Mapping[str, Tensor]
) -> Iterator[tuple[str, int, Tensor]]:
    """Name of a tensor, its dimension, and what stays of that."""
    if layer.kind == "stem":
        block = f"backbone.stem.blocks.{layer.index}"
        outputs, inputs = ("expand", "depthwise", "squeeze.excite"), ("project", "squeeze.reduce")
        yield from _linear(block, outputs, inputs, indices[0], state)
    elif layer.kind == "hidden":
        yield from _linear(f"backbone.blocks.{layer.index}.mlp", ("0",), ("2",), indices[0], state)
    elif layer.kind == "heads":
        inner = config.block_heads * (config.dim // config.heads)
        for number, heads in enumerate(indices):
            channels = _members(heads, config.dim // config.heads)
            attention = f"backbone.blocks.{number}.attention"
            yield from _linear(attention, (), ("out",), channels, state)
            whole = torch.cat([channels + inner * part for part in range(3)])
            yield from _linear(attention, ("qkv",), (), whole, state)
    elif layer.kind == "head":
        yield from _head_cuts(config, indices, state)
    else:
        width = config.tower_dims[layer.index]
        whole = torch.cat([index + width * tower for tower, index in enumerate(indices)])
        yield from _branch_outputs(layer.index + 1, whole, state)


def _head_cuts(config: ModelConfig, indices: Indices, state: Mapping[str, Tensor]) -> Iterator[tuple[str, int, Tensor]]:
    features, after, hidden = indices
    yield from _linear("neck", ("coarse", "fine"), (), features, state)
    yield from _linear("gate", ("place", "channel"), (), features, state)
    for name in _branches(state, 0):
        yield f"{name}.conv.weight", 1, features
    yield from _branch_outputs(0, after, state)
    for name in _branches(state, 1):
        yield f"{name}.conv.weight", 1, after
    token = config.dim if config.token else 0
    rest = torch.tensor([token + config.head_dim, token + config.head_dim + 1])
    yield "quality.mlp.0.weight", 1, torch.cat([torch.arange(token), token + features, rest])
    yield from _linear("quality.mlp", ("0",), ("2",), hidden, state)


def _cut_readers(state: dict[str, Tensor], layer: Layer, indices: Indices, blocks: int) -> None:
    """Take a tower's channels out of what reads them: a grouped convolution, or the three last maps."""
    if layer.index + 1 == blocks:
        for name, index in zip(("score", "offset", "size"), indices, strict=True):
            state[f"head.{name}.weight"] = state[f"head.{name}.weight"].index_select(1, index)
        return
    for name in _branches(state, layer.index + 2):
        towers = state[f"{name}.conv.weight"].chunk(TOWERS, dim=0)
        parts = [tower.index_select(1, index) for tower, index in zip(towers, indices, strict=True)]
        state[f"{name}.conv.weight"] = torch.cat(parts)


def _linear(
    prefix: str, outputs: Sequence[str], inputs: Sequence[str], index: Tensor, state: Mapping[str, Tensor]
) -> Iterator[tuple[str, int, Tensor]]:
    """The layers, as far as they are there, that give and that read some channels."""
    named = [(f"{prefix}.{name}.{kind}", 0) for name in outputs for kind in ("weight", "bias")]
    named += [(f"{prefix}.{name}.weight", 1) for name in inputs]
    yield from ((name, dim, index) for name, dim in named if name in state)


def _branch_outputs(block: int, index: Tensor, state: Mapping[str, Tensor]) -> Iterator[tuple[str, int, Tensor]]:
    for name in _branches(state, block):
        for tensor in ("conv.weight", "norm.weight", "norm.bias", "norm.running_mean", "norm.running_var"):
            yield f"{name}.{tensor}", 0, index


def _branches(state: Mapping[str, Tensor], block: int) -> list[str]:
    """Prefixes of the parallel branches of one of the head's blocks."""
    start = f"head.blocks.{block}.branches."
    return sorted({start + name.removeprefix(start).partition(".")[0] for name in state if name.startswith(start)})


def _members(groups: Tensor, size: int) -> Tensor:
    return (groups[:, None] * size + torch.arange(size)).flatten()


def _dims_in(config: ModelConfig) -> list[int]:
    layout = LAYOUTS[config.stem]
    return [layout.first, *(shape.dim for shape in layout.blocks[:-1])]


def _all_stem_widths(config: ModelConfig) -> tuple[int, ...]:
    return config.widths.stem or tuple(shape.hidden for shape in LAYOUTS[config.stem].blocks)


def _stem_widths(config: ModelConfig) -> list[int]:
    """Hidden channels of the stem's blocks, 0 where a block expands nothing."""
    if config.stem == "patch":
        return []
    pairs = zip(_all_stem_widths(config), _dims_in(config), strict=True)
    return [0 if width == dim_in else width for width, dim_in in pairs]
