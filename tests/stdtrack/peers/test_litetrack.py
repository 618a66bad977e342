"""LiteTrack's intermediates beside the official network's."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from stdtrack.peers.blocks import decode_maps
from stdtrack.peers.litetrack import LiteTrack, box_in_template
from tests.stdtrack.peers.reference import (
    Variant,
    assert_close,
    assert_tokens,
    called,
    expected_arrays,
    marked,
    noise,
    peers,
    variants,
)

TEMPLATE_BOX = torch.tensor([[0.25, 0.3, 0.75, 0.7]])


@pytest.mark.parametrize("variant", marked(variants("litetrack")))
@torch.inference_mode()
def test_every_intermediate_equals_the_official_networks(variant: Variant, shared: Path) -> None:
    expected, network = expected_arrays(shared, variant), variant.network()
    assert isinstance(network, LiteTrack)
    alone, depth = network.backbone.alone, len(network.backbone.blocks)
    first, end, joined, last = (f"backbone.blocks.{index}" for index in (0, alone - 1, alone, depth - 1))
    with called(network, "backbone", first, end, joined, last) as calls:
        tokens = network.template_tokens(noise(128, 1), TEMPLATE_BOX)
        maps = network.forward_search(noise(256, 2), network.backbone.keys_and_values(*tokens))
    assert_tokens(expected, "z_tokens", calls[first][0].inputs[0][0])
    assert_tokens(expected, "z_block0", calls[first][0].output[0])
    assert_tokens(expected, "z_block_last", calls[last][0].output[0])
    assert_tokens(expected, "z_features", tokens[0][0])
    assert_tokens(expected, "x_tokens", calls[first][1].inputs[0][0])
    assert_tokens(expected, "x_block0", calls[first][1].output[0])
    assert_tokens(expected, "x_feature_extraction_end", calls[end][1].output[0])
    for name, path in (("zx_first_interaction_block", joined), ("zx_block_last", last)):
        assert_tokens(expected, name, torch.cat((tokens[0][0], calls[path][1].output[0])))
    assert_tokens(expected, "head_input", calls["backbone"][0].output[0])
    for name, found in zip(("score", "size", "offset"), maps, strict=True):
        np.testing.assert_allclose(found, expected[f"{name}_map"], rtol=0, atol=1e-5, err_msg=name)
    answer = decode_maps(maps, np.ones((16, 16), np.float32))
    np.testing.assert_allclose(answer.box, expected["pred_boxes"][0, 0], rtol=0, atol=1e-5)
    assert_close(network.decode(maps).box, expected["pred_boxes_with_hann"][0], "pred_boxes_with_hann")


@pytest.mark.parametrize("variant", [pytest.param(variant, id=variant.spec) for variant in variants("litetrack")])
def test_the_targets_token_is_made_of_the_official_box(variant: Variant, shared: Path) -> None:
    content = json.loads((peers(shared, variant) / "boxes.json").read_text())
    scale = content["template_crop"]["resize_factor"]
    found = box_in_template(np.array(content["init_box"]), scale, 128)
    expected = content["target_box_xyxy_given_to_the_target_token"]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-7)
