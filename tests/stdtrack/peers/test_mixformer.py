"""MixFormer's intermediates beside the official network's, and its published files' names."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from profiling.complexity.count import count
from stdtrack.peers.blocks import to_map
from stdtrack.peers.mixformer import FAMILY, MixFormer, to_tokens
from stdtrack.peers.network import TemplateGraph
from stdtrack.peers.norms import FrozenBatchNorm2d
from tests.stdtrack.peers.reference import VARIANTS, assert_within, captured, expected_arrays, noise, sampled

(VARIANT,) = (variant for variant in VARIANTS if variant.spec == "mixformer:cvt21")
BOX = (0.454007149, 0.435335457, 0.095434189, -0.072856814)
"""Of the official network, for the recipe's weights and inputs: cx, cy, w, h."""
IMAGES = ("template", "online", "search")


@pytest.fixture(scope="module")
def network() -> MixFormer:
    return VARIANT.network()  # type: ignore[return-value]


def inputs() -> tuple[Tensor, Tensor, Tensor]:
    """Search, template and online template."""
    return noise(320, 2), noise(128, 1), noise(128, 3)


@torch.inference_mode()
def test_every_intermediate_equals_the_official_networks(
    network: MixFormer, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, (search, *templates) = expected_arrays(shared, VARIANT), inputs()
    attention = "backbone.stage0.blocks.0.attn"
    blocks = {
        f"s{stage}_block{index}": f"backbone.stage{stage}.blocks.{index}" for stage, index in ((1, 0), (2, 0), (2, 7))
    }
    places = {"embed0": "backbone.stage0.patch_embed", "attn": attention, "head_conv1_tl": "box_head.conv1_tl"}
    places |= {name: f"{attention}.conv_proj_{name}" for name in ("q", "k")}
    places |= {f"stage{stage}": f"backbone.stage{stage}" for stage in range(3)}
    places |= {corner: f"box_head.conv5_{corner}" for corner in ("tl", "br")}
    monkeypatch.setattr(network, "cached", False)
    with captured(network, places | blocks) as outputs:
        (box,) = network(search, *network.remember(*templates))
    for index, image in enumerate(IMAGES):
        assert_within(expected, f"embed0_{image}", sampled(to_map(outputs["embed0"][index])))
        for stage in range(3):
            assert_within(expected, f"stage{stage}_{image}", sampled(outputs[f"stage{stage}"][0][0][index]))
    assert_within(expected, "s0_q0_template", to_tokens(outputs["q"][IMAGES.index("template")]))
    assert_within(expected, "s0_k0_search", to_tokens(outputs["k"][IMAGES.index("search")]))
    assert_within(expected, "s0_attn0", outputs["attn"][0][0])
    for name in blocks:
        assert_within(expected, name, outputs[name][0][0])
    assert_within(expected, "head_conv1_tl", outputs["head_conv1_tl"][0])
    for corner in ("tl", "br"):
        assert_within(expected, f"map_{corner}", outputs[corner][0])
        assert_within(expected, f"prob_{corner}", outputs[corner][0].flatten(1).softmax(1))
    np.testing.assert_allclose(box, expected["pred_boxes"][0], rtol=0, atol=1e-6)


@torch.inference_mode()
def test_box_is_the_official_one_folded_with_the_templates_kept_or_not(network: MixFormer) -> None:
    search, *templates = inputs()
    folded = network.fold()
    for cached in (True, False):
        folded.cached = cached
        (box,) = folded(search, *folded.remember(*templates))
        np.testing.assert_allclose(box[0], BOX, rtol=0, atol=2e-6)


def test_every_batch_norm_is_folded(network: MixFormer) -> None:
    norms = (FrozenBatchNorm2d, nn.BatchNorm2d)
    assert sum(isinstance(module, norms) for module in network.modules()) == 3 * 21 + 8
    assert not any(isinstance(module, norms) for module in network.fold().modules())


@torch.inference_mode()
def test_macs_are_the_official_ones_less_the_templates_projections() -> None:
    network = FAMILY.empty(FAMILY.variants["cvt21"])
    search, *templates = (image.to("meta") for image in inputs())
    # The official cache keeps keys and values before their projections, which are C x C for each key of both templates.
    projections = sum(2 * 2 * side**2 * depth * dim**2 for side, depth, dim in ((16, 1, 64), (8, 4, 192), (4, 16, 384)))
    assert count(TemplateGraph(network), tuple(templates)).macs == pytest.approx(4.515e9, abs=0.5e6)
    kept = count(network, (search, *network.remember(*templates))).macs
    assert kept + projections == pytest.approx(18.847e9, abs=0.5e6)
    network.cached = False
    assert count(network, (search, *templates)).macs == pytest.approx(23.170e9, abs=0.5e6)


def online_file(official: dict[str, Tensor]) -> dict[str, Tensor]:
    """As the released files of the online model: a score module besides, and no counters in the head."""
    score = {"score_branch.score_token": torch.zeros(1, 1, 384), "score_branch.norm1.weight": torch.ones(384)}
    return {key: tensor for key, tensor in official.items() if not key.endswith("num_batches_tracked")} | score


def test_files_of_the_online_model_fit(network: MixFormer, tmp_path: Path) -> None:
    path = tmp_path / "mixformer_cvt_online.pth.tar"
    torch.save({"net": online_file(network.state_dict()), "epoch": 40}, path)
    loaded = FAMILY.load("cvt21", path).state_dict()
    assert all(torch.equal(tensor, loaded[key]) for key, tensor in network.state_dict().items())


def test_names_of_the_official_online_model_are_the_networks_and_the_score_modules(shared: Path) -> None:
    entries = json.loads((shared / "peers" / "mixformer_cvt21" / "state_online.json").read_text())
    file = {entry["key"]: torch.zeros(()).expand(entry["shape"]) for entry in entries}
    assert FAMILY.rules.problem(file, FAMILY.empty(FAMILY.variants["cvt21"]).state_dict()) == ""


def test_a_file_that_lacks_a_layer_is_refused_by_its_name(network: MixFormer) -> None:
    own = network.state_dict()
    file = {key: tensor for key, tensor in own.items() if key != "box_head.conv5_br.bias"}
    assert FAMILY.rules.problem(file, own) == "'box_head.conv5_br.bias' is missing"
