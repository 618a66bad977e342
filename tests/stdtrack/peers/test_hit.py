"""HiT's intermediates beside the official network's, its tables, and what is folded and kept."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from evalkit.errors import InputError
from profiling.complexity.count import count
from stdtrack.peers.hit import HiT
from stdtrack.peers.levit import BiasedAttention, offset_table, token_points
from tests.stdtrack.peers.reference import (
    VARIANTS,
    Variant,
    assert_close,
    assert_tokens,
    captured,
    expected_arrays,
    noise,
)

HITS = {variant.name: variant for variant in VARIANTS if variant.spec.startswith("hit:")}
BOXES = {
    "base": (0.5706954, 0.44716388, 0.04024619, 0.11915672),
    "small": (0.2856203, 0.37546194, 0.08213143, 0.07022604),
    "tiny": (0.38845128, 0.49816114, -0.12915742, 0.048692495),
}
"""Of the official network, for the recipe's weights and inputs: cx, cy, w, h."""
MACS = {"base": 4.4312e9, "small": 1.1932e9, "tiny": 1.0156e9}
"""Counted on the official network, of one frame with its template."""
STEM_WIDTH = {"base": 384, "small": 128, "tiny": 128}
"""Channels after the stem."""


@pytest.fixture(scope="module", params=HITS.values(), ids=HITS.keys())
def variant(request: pytest.FixtureRequest) -> Variant:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def network(variant: Variant) -> HiT:
    return variant.network()  # type: ignore[return-value]


def blocks(variant: Variant) -> dict[str, str]:
    """Names of the reference data, and the blocks after which they were taken."""
    first, second, third = variant.family.variants[variant.name].levit.depths
    shrink_1 = 2 * first
    shrink_2 = shrink_1 + 2 + 2 * second
    last = {"stage1": shrink_1 - 1, "shrink1": shrink_1, "stage2": shrink_2 - 1, "shrink2": shrink_2}
    index = {"block0_attention": 0, "block1_mlp": 1, **last, "stage3": shrink_2 + 1 + 2 * third}
    return {name: f"backbone.body.blocks.{number}" for name, number in index.items()}


@torch.inference_mode()
def test_every_intermediate_equals_the_official_networks(variant: Variant, network: HiT, shared: Path) -> None:
    expected = expected_arrays(shared, variant)
    places = blocks(variant) | {
        "neck": "bottleneck",
        "score_tl": "box_head.conv5_tl",
        "score_br": "box_head.conv5_br",
    }
    inputs: dict[str, Tensor] = {}
    handles = [
        network.levit.register_forward_pre_hook(lambda module, given: inputs.update(stem=given[0])),
        network.box_head.register_forward_pre_hook(
            lambda module, given: inputs.update(head_input=given[0].flatten(2).transpose(1, 2))
        ),
    ]
    with captured(network, places) as outputs:
        (box,) = network(noise(256, 2), *network.remember(noise(128, 1)))
    for handle in handles:
        handle.remove()
    found = {name: tensors[0] for name, tensors in outputs.items()} | inputs
    for name in ("score_tl", "score_br"):
        assert_close(found.pop(name), expected[name], name)
    for name, tokens in found.items():
        assert_tokens(expected, name, tokens[0])
    np.testing.assert_allclose(box[None], expected["pred_boxes"], rtol=0, atol=2e-6)
    x1, y1, x2, y2 = expected["corners_xyxy"][0]
    np.testing.assert_allclose(box[0], [(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1], rtol=0, atol=2e-6)


@torch.inference_mode()
def test_box_is_the_official_one_folded_or_not_with_the_template_kept_or_not(variant: Variant, network: HiT) -> None:
    search, template = noise(256, 2), noise(128, 1)
    folded = network.fold()
    answers = [network(search, *network.remember(template)), folded(search, *folded.remember(template))]
    folded.cached = False
    assert folded.remember(template) == (template,)
    answers.append(folded(search, template))
    for (box,) in answers:
        np.testing.assert_allclose(box[0], BOXES[variant.name], rtol=0, atol=2e-6)


def test_every_batch_norm_and_table_of_biases_is_folded(network: HiT) -> None:
    folded = network.fold()
    assert not [module for module in folded.modules() if isinstance(module, torch.nn.modules.batchnorm._BatchNorm)]
    for name, module in folded.named_modules():
        if isinstance(module, BiasedAttention):
            assert module.bias_HQK is not None, name
            assert module.bias_HQK.shape[1:] == module.attention_bias_idxs.shape
    assert all(module.bias_HQK is None for module in network.modules() if isinstance(module, BiasedAttention))


@torch.inference_mode()
def test_images_of_a_batch_do_not_touch_each_other() -> None:
    network = HITS["tiny"].network().fold()
    searches, templates = (torch.cat((noise(side, 2), noise(side, 3))) for side in (256, 128))
    (both,) = network(searches, *network.remember(templates))
    (second,) = network(searches[1:], *network.remember(templates[1:]))
    np.testing.assert_allclose(both[1:], second, rtol=0, atol=2e-6)


def test_macs_are_the_official_ones_and_the_templates_stem_less_when_it_is_kept(variant: Variant, network: HiT) -> None:
    search, template = noise(256, 2), noise(128, 1)
    kept = count(network, (search, *network.remember(template))).macs
    network.cached = False
    whole = count(network, (search, template)).macs
    network.cached = True
    assert whole == pytest.approx(MACS[variant.name], abs=0.5e5)
    widths, sides = (3, *(STEM_WIDTH[variant.name] // part for part in (8, 4, 2, 1))), (64, 32, 16, 8)
    stem = sum(9 * before * after * side**2 for before, after, side in zip(widths, widths[1:], sides, strict=False))
    assert whole - kept == stem


def table_crc(table: np.ndarray) -> int:
    return zlib.crc32(np.ascontiguousarray(table, dtype="<i8").tobytes())


def test_numbers_of_offsets_are_those_of_the_official_tables() -> None:
    stage_1, coarse = token_points(16, 8), 2 * token_points(8, 4)
    assert offset_table(stage_1, stage_1).max() + 1 == 560
    assert table_crc(offset_table(stage_1, stage_1)) == 535998461
    assert offset_table(coarse, stage_1).max() + 1 == 558
    assert table_crc(offset_table(coarse, stage_1)) == 3111332969
    assert offset_table(2 * token_points(4, 2), token_points(8, 4)).max() + 1 == 134
    assert table_crc(offset_table(2 * token_points(4, 2), token_points(8, 4))) == 1248133431


def test_offsets_know_no_direction_and_the_template_lies_diagonally_below() -> None:
    points = token_points(4, 2)
    assert points[16:].tolist() == [[4, 4], [4, 5], [5, 4], [5, 5]]
    table = offset_table(points, points)
    assert (table == table.T).all()
    # From the first search cell to the first template cell: four rows down, four columns right, met by no other pair
    # of the search's own cells.
    assert table[0, 16] not in table[:16, :16]


def test_a_checkpoint_with_other_tables_is_refused_and_one_without_tables_is_read(tmp_path: Path) -> None:
    variant = HITS["tiny"]
    state = variant.network().state_dict()
    name = "backbone.body.blocks.4.attention_bias_idxs"
    for entry in (10**9, -1, 3):
        table = state[name].clone()
        table[2, 0] = entry
        torch.save({"net": state | {name: table}}, tmp_path / "other.pth")
        with pytest.raises(InputError, match=f"does not fit hit:tiny: '{name}' holds another table"):
            variant.family.load("tiny", tmp_path / "other.pth")
    torch.save({key: tensor for key, tensor in state.items() if tensor.is_floating_point()}, tmp_path / "bare.pth")
    loaded = variant.family.load("tiny", tmp_path / "bare.pth").state_dict()
    assert loaded.keys() == state.keys()
    assert all(torch.equal(loaded[key], state[key]) for key in state)
