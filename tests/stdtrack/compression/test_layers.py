"""Cutting channels out of the network: what stays computes what it computed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from evalkit.errors import InputError
from stdtrack.checkpoints import compare_configs, config_as_mapping, config_from_mapping, load_model, save_model
from stdtrack.compression.layers import Layer, cut, narrowed, narrowest, widths_of
from stdtrack.compression.readers import Reader, readers_of
from stdtrack.configs import ModelConfig, Widths
from stdtrack.model import STDTrack
from stdtrack.model.head import MultiScaleConv
from tests.stdtrack.tiny import TINY, TINY_HYBRID, clip, make

SQUEEZED = replace(TINY, name="tiny-squeezed", stem="nanotrack_v3", head_stride=8)


def silence(reader: Reader, channel: int) -> None:
    """Let a reader take no notice of one channel of the layer."""
    modules = (
        [branch.conv for branch in reader.module.branches]
        if isinstance(reader.module, MultiScaleConv)
        else [reader.module]
    )
    for module in modules:
        columns = slice(channel * reader.group, (channel + 1) * reader.group)
        module.weight.data.chunk(reader.parts)[reader.part][:, columns] = 0.0


def silent(layer: Layer, model: STDTrack, channel: int) -> None:
    """No reader of a layer looks at one of its channels any more."""
    for reader in readers_of(model)[layer]:
        silence(reader, channel)
    if layer.kind == "head":  # the features are also read by the token's correlation, and by the quality
        model.gate.place.weight.data[channel] = 0.0
        model.gate.place.bias.data[channel] = 0.0
        model.quality.mlp[0].weight.data[:, model.config.dim + channel] = 0.0
    if layer.kind == "stem":
        squeeze = model.backbone.stem.blocks[layer.index].squeeze
        if squeeze is not None:
            squeeze.reduce.weight.data[:, channel] = 0.0


@pytest.mark.parametrize("config", [TINY, TINY_HYBRID, SQUEEZED], ids=lambda config: config.name)
def test_what_nobody_reads_can_be_cut(config: ModelConfig) -> None:
    for layer, width in widths_of(config).items():
        model = make(config)
        silent(layer, model, 1)
        parts = readers_of(model)[layer]
        sizes = [
            model.quality.mlp[2].in_features if layer.kind == "head" and part == 2 else width
            for part in range(len(parts))
        ]
        kept = {layer: [torch.tensor([i for i in range(size) if i != 1]) for size in sizes]}
        smaller = cut(model, kept)
        assert widths_of(smaller.config)[layer] == width - 1
        assert sum(p.numel() for p in smaller.parameters()) < sum(p.numel() for p in model.parameters())
        with torch.no_grad():
            before, after = model(*clip(config)), smaller(*clip(config))
        for name in ("score", "offset", "size", "quality"):
            torch.testing.assert_close(
                getattr(after, name), getattr(before, name), atol=1e-4, rtol=1e-4, msg=str(layer)
            )


def test_several_layers_at_once_fit_and_run(tmp_path: Path) -> None:
    model = make(TINY_HYBRID)
    kept = {}
    for layer, width in widths_of(TINY_HYBRID).items():
        parts = len(readers_of(model)[layer])
        kept[layer] = [torch.arange(1, width) for _ in range(parts)]
        if layer.kind == "head":
            kept[layer][2] = torch.arange(1, model.quality.mlp[2].in_features)
    smaller = cut(model, kept)
    path = tmp_path / "pruned.safetensors"
    save_model(path, smaller)
    loaded = load_model(path, TINY_HYBRID)
    assert loaded.config == smaller.config
    with torch.no_grad():
        torch.testing.assert_close(
            loaded(*clip(TINY_HYBRID)).score, smaller.fold()(*clip(TINY_HYBRID)).score, atol=1e-4, rtol=1e-4
        )


def test_configs_of_pruned_networks() -> None:
    assert "widths" not in config_as_mapping(TINY), "files of networks that are not pruned stay as they were"
    pruned = narrowed(TINY_HYBRID, {Layer("hidden", 1): 40, Layer("head"): 8})
    assert config_from_mapping(config_as_mapping(pruned)) == pruned
    compare_configs(Path("x"), pruned, TINY_HYBRID)
    with pytest.raises(InputError, match="config key 'dim' is 64"):
        compare_configs(Path("x"), replace(pruned, dim=64), TINY_HYBRID)
    with pytest.raises(InputError, match="config key 'head_dim' is 8"):
        compare_configs(Path("x"), replace(pruned, widths=Widths()), TINY_HYBRID)
    for widths, problem in (
        ({"stem": [1]}, "config key 'heads' is missing"),
        ({"stem": ["a"], "heads": 1, "hidden": []}, "config key 'stem' is"),
        ({"stem": [], "heads": 1, "hidden": [], "x": 1}, "config key 'x' is unknown"),
    ):
        with pytest.raises(InputError, match=problem):
            config_from_mapping({**config_as_mapping(TINY), "widths": widths})


def test_a_file_with_widths_of_another_network_is_refused(tmp_path: Path) -> None:
    model = make(TINY_HYBRID)
    model.config = replace(TINY_HYBRID, widths=Widths((8, 8), 1, (8, 8)))
    save_model(tmp_path / "a.safetensors", model)
    with pytest.raises(InputError, match="describes no network"):
        load_model(tmp_path / "a.safetensors")


def test_least_widths() -> None:
    assert narrowest(TINY, Layer("heads")) == 1
    assert narrowest(TINY, Layer("hidden", 0)) == 32
    first = next(layer for layer in widths_of(TINY_HYBRID) if layer.kind == "stem")
    assert first.index == 1, "the first block expands nothing"
    assert narrowest(TINY_HYBRID, first) == 24
