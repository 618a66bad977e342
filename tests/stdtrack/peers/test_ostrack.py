"""OSTrack's intermediates beside the official network's, and its candidate elimination."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from stdtrack.peers.blocks import decode_maps
from stdtrack.peers.ostrack import Block, OSTrack
from tests.stdtrack.peers.reference import (
    assert_close,
    assert_tokens,
    called,
    expected_arrays,
    noise,
    variants,
)

(VARIANT,) = variants("ostrack")
TEMPLATE = 64
BLOCKS = (0, 2, 11)


@pytest.fixture(scope="module")
def network() -> OSTrack:
    made = VARIANT.network()
    assert isinstance(made, OSTrack)
    return made


@pytest.fixture
def eliminations(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Tensor, Tensor]]:
    """Tokens and cells after every elimination."""
    calls: list[tuple[Tensor, Tensor]] = []
    eliminate = Block.eliminate

    def kept(*arguments: Any) -> tuple[Tensor, Tensor]:
        calls.append(eliminate(*arguments))
        return calls[-1]

    monkeypatch.setattr(Block, "eliminate", kept)
    return calls


@torch.inference_mode()
def test_every_intermediate_equals_the_official_networks(
    network: OSTrack, eliminations: list[tuple[Tensor, Tensor]], shared: Path
) -> None:
    expected = expected_arrays(shared, VARIANT)
    paths = {f"backbone.blocks.{index}": index for index in BLOCKS}
    with called(network, "backbone", "backbone.norm", *paths) as calls:
        maps = network(noise(256, 2), *network.remember(noise(128, 1)))
    assert_tokens(expected, "tokens", calls["backbone.blocks.0"][0].inputs[0][0])
    for path, index in paths.items():
        assert_tokens(expected, f"block{index}", calls[path][0].output[0])
    assert_eliminations(eliminations, expected)
    for index, (x_BNC, _) in zip((3, 6, 9), eliminations, strict=True):
        assert_tokens(expected, f"block{index}", x_BNC[0])
    assert_tokens(expected, "norm", calls["backbone.norm"][0].output[0])
    rest = {key: expected[key][TEMPLATE:] for key in ("mid_backbone", "mid_backbone_mean")}
    assert_tokens(rest, "backbone", calls["backbone"][0].output[0])
    assert_maps(maps, expected, "")
    assert_close(network.decode(maps).box, expected["pred_boxes_with_hann"][0], "pred_boxes_with_hann")
    assert_close(network._window_GG, expected["hann_window"][0, 0], "hann_window", 1e-7)
    assert np.flatnonzero(expected["template_mask"][0]).tolist() == [27]


@torch.inference_mode()
def test_without_a_mask_all_template_tokens_decide(
    network: OSTrack, eliminations: list[tuple[Tensor, Tensor]], shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = expected_arrays(shared, VARIANT)
    config = replace(network.backbone.config, queries=tuple(range(TEMPLATE)))
    monkeypatch.setattr(network.backbone, "config", config)
    maps = network(noise(256, 2), *network.remember(noise(128, 1)))
    assert_eliminations(eliminations, {key.removeprefix("nomask_"): value for key, value in expected.items()
                                       if key.startswith("nomask_")})  # fmt: skip
    assert_maps(maps, expected, "nomask_")


def assert_eliminations(eliminations: list[tuple[Tensor, Tensor]], expected: Any) -> None:
    for index, (_, cells_BK) in zip((3, 6, 9), eliminations, strict=True):
        assert cells_BK[0].tolist() == expected[f"kept_block{index}"].tolist()


def assert_maps(maps: tuple[Tensor, ...], expected: Any, prefix: str) -> None:
    for name, found in zip(("score", "size", "offset"), maps, strict=True):
        np.testing.assert_allclose(found, expected[f"{prefix}{name}_map"], rtol=0, atol=1e-5, err_msg=name)
    answer = decode_maps(maps, np.ones((16, 16), np.float32))
    np.testing.assert_allclose(answer.box, expected[f"{prefix}pred_boxes"][0, 0], rtol=0, atol=1e-5)
