"""OSTrack's intermediates beside the official network's, and its candidate elimination."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from stdtrack.peers.blocks import decode_maps
from stdtrack.peers.ostrack import OSTrack
from tests.stdtrack.peers.reference import VARIANTS, assert_close, assert_tokens, captured, expected_arrays, noise

(VARIANT,) = (variant for variant in VARIANTS if variant.spec == "ostrack:256")


@pytest.fixture(scope="module")
def network() -> OSTrack:
    return VARIANT.network()  # type: ignore[return-value]


@torch.inference_mode()
def test_every_intermediate_equals_the_official_networks(network: OSTrack, shared: Path) -> None:
    expected = expected_arrays(shared, VARIANT)
    with captured(network, {"backbone": "backbone", "norm": "backbone.norm"}) as outputs:
        score, size, offset = network(noise(256, 2), *network.remember(noise(128, 1)))
    for name, found in {"score_map": score, "size_map": size, "offset_map": offset}.items():
        np.testing.assert_allclose(found, expected[name], rtol=0, atol=1e-5, err_msg=name)
    assert_tokens(expected, "norm", outputs["norm"][0][0])
    found = outputs["backbone"][0][0]
    assert_tokens(
        {"mid_backbone": expected["mid_backbone"][64:], "mid_backbone_mean": expected["mid_backbone_mean"][64:]},
        "backbone",
        found,
    )
    answer = decode_maps((score, size, offset), np.ones((16, 16), np.float32))
    np.testing.assert_allclose(answer.box, expected["pred_boxes"][0, 0], rtol=0, atol=1e-5)
    np.testing.assert_allclose(
        network.decode((score, size, offset)).box, expected["pred_boxes_with_hann"][0], atol=1e-5
    )
    assert_close(network._window_GG, expected["hann_window"][0, 0], "hann_window", 1e-7)
