"""MixFormerV2's intermediates beside the official network's, and what templates contribute."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from profiling.complexity.count import count
from stdtrack.peers.mixformerv2 import FAMILY, MixFormerV2, MixFormerV2Config
from stdtrack.peers.network import TemplateGraph
from tests.stdtrack.peers.reference import Variant, assert_within, captured, expected_arrays, marked, noise, variants

BOXES = {
    "s": (0.432300866, 0.456967920, 0.036194563, 0.006278515),
    "b": (0.515076280, 0.537024617, 0.020490468, -0.034033656),
}
LOGITS = {"s": 0.541349769, "b": 0.951234400}
"""Boxes (cx, cy, w, h) and scores of the official network, for the recipe's weights and inputs."""
MACS = {"s": (1.504e9, 3.318e9, 4.822e9), "b": (7.525e9, 20.606e9, 28.131e9)}
"""Counted on the official network: two templates once, a frame with them kept, a frame with everything."""
MINE = marked(variants("mixformerv2"))


@pytest.fixture(scope="module", params=MINE)
def variant(request: pytest.FixtureRequest) -> Variant:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def network(variant: Variant) -> MixFormerV2:
    return variant.network()  # type: ignore[return-value]


def inputs(config: MixFormerV2Config) -> tuple[Tensor, Tensor, Tensor]:
    """Search, template and online template."""
    return noise(config.search_size, 2), noise(config.template_size, 1), noise(config.template_size, 3)


@torch.inference_mode()
def test_every_intermediate_equals_the_official_networks(
    variant: Variant, network: MixFormerV2, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, (search, *templates) = expected_arrays(shared, variant), inputs(FAMILY.variants[variant.name])
    blocks = {"after_block0": 0, "after_block1": 1, "after_last_block": len(network.backbone.blocks) - 1}
    places = {name: f"backbone.blocks.{index}" for name, index in blocks.items()}
    places |= {
        "patch": "backbone.patch_embed",
        "attention": "backbone.blocks.0.attn.proj",
        "logit": "box_head.layers.1",
    }
    monkeypatch.setattr(network, "cached", False)
    with captured(network, places) as outputs:
        box, logit = network(search, *network.remember(*templates))
    for name, patch in zip(("template", "online", "search"), outputs["patch"], strict=True):
        assert_within(expected, f"patch_{name}", patch)
    tokens = (network.backbone.template_tokens(*templates), network.backbone.search_tokens(search))
    assert_within(expected, "tokens_in", torch.cat(tokens, dim=1))
    assert_within(expected, "after_block0_attn", outputs["attention"][0])
    for name in blocks:
        assert_within(expected, name, outputs[name][0][0])
    assert_within(expected, "reg_tokens_out", outputs["after_last_block"][0][0][:, -4:])
    for side, logits in zip("lrtb", outputs["logit"][0][0], strict=True):
        assert_within(expected, f"logit_{side}", logits)
        assert_within(expected, f"prob_{side}", logits.softmax(-1))
    np.testing.assert_allclose(box, expected["pred_boxes"][0], rtol=0, atol=1e-6)
    np.testing.assert_allclose(logit, expected["pred_score_logit"], rtol=0, atol=2e-6)
    np.testing.assert_allclose(network.decode((box, logit)).score, expected["pred_score"][0], rtol=0, atol=1e-6)


@torch.inference_mode()
def test_answers_are_the_official_ones_with_the_templates_kept_or_not(
    variant: Variant, network: MixFormerV2, monkeypatch: pytest.MonkeyPatch
) -> None:
    search, *templates = inputs(FAMILY.variants[variant.name])
    for cached in (True, False):
        monkeypatch.setattr(network, "cached", cached)
        box, logit = network(search, *network.remember(*templates))
        np.testing.assert_allclose(box[0], BOXES[variant.name], rtol=0, atol=1e-6)
        assert float(logit) == pytest.approx(LOGITS[variant.name], abs=2e-6)


@torch.inference_mode()
@pytest.mark.parametrize("name", MACS)
def test_macs_are_the_official_ones(name: str) -> None:
    network = FAMILY.empty(FAMILY.variants[name])
    search, *templates = (image.to("meta") for image in inputs(FAMILY.variants[name]))
    init, kept, whole = MACS[name]
    assert count(TemplateGraph(network), tuple(templates)).macs == pytest.approx(init, abs=0.5e6)
    assert count(network, (search, *network.remember(*templates))).macs == pytest.approx(kept, abs=0.5e6)
    network.cached = False
    assert count(network, (search, *templates)).macs == pytest.approx(whole, abs=0.5e6)


@torch.inference_mode()
def test_templates_do_not_see_the_search_image(network: MixFormerV2, variant: Variant) -> None:
    search, *templates = inputs(FAMILY.variants[variant.name])
    tokens = network.backbone.template_tokens(*templates)
    joined = torch.cat((tokens, network.backbone.search_tokens(search)), dim=1)
    _, joint = network.backbone.blocks[0](joined, tokens.shape[1])
    np.testing.assert_allclose(network.backbone.encode(tokens)[0], joint[:, :, :, : tokens.shape[1]], atol=1e-5)


@torch.inference_mode()
def test_images_of_a_batch_do_not_touch_each_other() -> None:
    network = variants("mixformerv2")[0].network()
    batch = [torch.cat((noise(side, seed), noise(side, seed + 1))) for side, seed in ((224, 5), (112, 7), (112, 9))]
    both = network(batch[0], *network.remember(*batch[1:]))
    second = network(batch[0][1:], *network.remember(batch[1][1:], batch[2][1:]))
    for joined, alone in zip(both, second, strict=True):
        np.testing.assert_allclose(joined[1:], alone, rtol=0, atol=2e-6)
