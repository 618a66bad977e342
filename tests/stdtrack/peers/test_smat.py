"""SMAT's intermediates beside the official network's, and what is kept of the template."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from profiling.complexity.count import count
from stdtrack.peers.blocks import decode_maps
from stdtrack.peers.network import TemplateGraph
from stdtrack.peers.smat import FAMILY, Smat
from stdtrack.peers.smat_backbone import fold, unfold
from tests.stdtrack.peers.reference import VARIANTS, assert_within, captured, expected_arrays, noise, sampled

(VARIANT,) = (variant for variant in VARIANTS if variant.spec == "smat:base")
BOX = (0.761566520, 0.868576229, 0.732011199, 0.630597830)
"""Of the official network without window, for the recipe's weights and inputs: cx, cy, w, h."""
LIMIT = 3e-5
"""In deviations: the norms over both images add up to 80,000 values, and the order of a sum shows."""
NO_WINDOW = np.ones((16, 16), dtype=np.float32)


@pytest.fixture(scope="module")
def network() -> Smat:
    return VARIANT.network()  # type: ignore[return-value]


@torch.inference_mode()
def test_every_intermediate_equals_the_official_networks(
    network: Smat, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = expected_arrays(shared, VARIANT)
    stems = ("conv_1", "layer_1", "layer_2")
    places = {name: f"backbone.{name}" for name in stems} | {"neck": "neck", "fused": "feature_fusor"}
    places |= {f"layer_{stage}": f"backbone.layer_{stage}.1" for stage in (3, 4)}
    places |= {"l3_tokens": "backbone.layer_3.1.global_rep.0", "correlation": "feature_fusor.pw_corr"}
    places |= {"pre": "box_head.pre_ssat_cls"} | {name: f"box_head.global_rep_{name}" for name in ("cls", "reg")}
    monkeypatch.setattr(network, "cached", False)
    with captured(network, places) as outputs:
        maps = network(noise(256, 2), *network.remember(noise(128, 1)))
    found = {f"search_after_{name}": sampled(outputs[name][1]) for name in stems}
    found["template_after_layer_2"] = sampled(outputs["layer_2"][0])
    for place in ("layer_3", "layer_4", "neck"):
        for index, image in enumerate(("search", "template")):
            found[f"{image}_after_{place}"] = sampled(outputs[place][0][index])
    found["l3_tokens_after_first_transformer"] = outputs["l3_tokens"][0][..., ::8]
    found["correlation_after_channel_attention"] = outputs["correlation"][0]
    found["fused"], found["head_cls_pre"] = outputs["fused"][0], sampled(outputs["pre"][0])
    found |= {f"head_{name}_tokens": outputs[name][0][..., ::4] for name in ("cls", "reg")}
    found |= dict(zip(("score_map", "size_map", "offset_map"), maps, strict=True))
    for name, values in found.items():
        assert_within(expected, name, values, LIMIT)
    assert set(expected) - set(found) == {"channel_attention_probe", "pred_boxes"}
    np.testing.assert_allclose(decode_maps(maps, NO_WINDOW).box, expected["pred_boxes"][0, 0], rtol=0, atol=1e-6)


@torch.inference_mode()
def test_channel_attention_equals_the_official_one_where_its_gates_are_open(network: Smat, shared: Path) -> None:
    drawn = np.random.default_rng(4).standard_normal((1, 64, 16, 16)).astype(np.float32)
    gated = network.feature_fusor.pw_corr.CA_layer(torch.from_numpy(drawn + np.float32(1.0)))
    assert_within(expected_arrays(shared, VARIANT), "channel_attention_probe", gated)


@torch.inference_mode()
def test_box_is_the_official_one_folded_whatever_is_kept_of_the_template(network: Smat) -> None:
    folded = network.fold()
    for cached in (True, False):
        folded.cached = cached
        maps = folded(noise(256, 2), *folded.remember(noise(128, 1)))
        np.testing.assert_allclose(decode_maps(maps, NO_WINDOW).box, BOX, rtol=0, atol=1e-5)


def test_every_batch_norm_but_the_necks_is_folded(network: Smat) -> None:
    left = [name for name, module in network.fold().named_modules() if isinstance(module, nn.BatchNorm2d)]
    assert left == ["neck.BN_x", "neck.BN_z"]


@torch.inference_mode()
def test_macs_are_the_official_trackers_and_less_when_more_is_kept() -> None:
    network, (search, template) = (
        FAMILY.empty(FAMILY.variants["base"]),
        (noise(side, 1).to("meta") for side in (256, 128)),
    )
    kept = count(network, (search, *network.remember(template))).macs
    first = count(TemplateGraph(network), (template,)).macs
    network.cached = False
    official = count(network, (search, *network.remember(template))).macs
    stem = count(TemplateGraph(network), (template,)).macs
    assert official == pytest.approx(2.299e9, abs=0.5e6)
    assert stem == pytest.approx(0.152e9, abs=0.5e6)
    # The third stage's layers on the template alone: 1 x 1 to 256 at 32 x 32; 3 x 3 depthwise and 1 x 1, then the same
    # to 128 channels, at 16 x 16.
    alone = 32**2 * 128 * 256 + 16**2 * (9 * 256 + 256 * 256 + 9 * 256 + 256 * 128)
    assert (official - kept, first - stem) == (alone, alone)


def test_patches_are_read_row_by_row_in_and_out() -> None:
    image = torch.arange(16.0).view(1, 1, 4, 4)
    patches = unfold(image)
    assert patches[0, 0, :, 0].tolist() == [0.0, 1.0, 4.0, 5.0]
    assert patches[0, 0, 0].tolist() == [0.0, 2.0, 8.0, 10.0]
    assert torch.equal(fold(patches), image)
