"""The whole network: shapes, gradients, clip against steps, a state of constant size, folding."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
import torch
from torch.nn import Conv2d

from stdtrack.configs import VARIANTS, ModelConfig, Widths, ablations
from stdtrack.inference import cpu_optimized
from stdtrack.inference.cpu_optimized import ArrangedBlock, Pointwise, arranged
from stdtrack.inference.graphs import pack, unpack
from stdtrack.inference.packed import PackedConvolution, PackedLinear
from stdtrack.model import FrameOutput, STDTrack, TrackState
from tests.stdtrack.tiny import TINY, TINY_HYBRID, clip, make

PRUNED_HEADS = replace(TINY, widths=Widths(heads=1, hidden=(64, 96)))
FEWER_TOKENS = replace(TINY, depth=4, keep=0.7)
CONFIGS = {"patch": TINY, "hybrid": TINY_HYBRID, "pruned heads": PRUNED_HEADS, "fewer tokens": FEWER_TOKENS}
CONFIGS |= ablations(TINY)


@pytest.fixture(params=CONFIGS.values(), ids=CONFIGS.keys())
def config(request: pytest.FixtureRequest) -> ModelConfig:
    return request.param


def steps(model: STDTrack, templates: torch.Tensor, searches: torch.Tensor) -> tuple[list[FrameOutput], TrackState]:
    outputs, state = [], model.init_state(templates)
    for index in range(searches.shape[1]):
        output, state = model.step(state, searches[:, index])
        outputs.append(output)
    return outputs, state


def test_shapes(config: ModelConfig) -> None:
    output = make(config).forward_clip(*clip(config, batch=2, frames=3))
    grid = config.score_grid
    assert output.score.shape == (2, 3, 1, grid, grid)
    assert output.offset.shape == output.size.shape == (2, 3, 2, grid, grid)
    assert output.quality.shape == (2, 3)
    assert (output.size > 0).all()
    assert (output.size < 1).all()


@pytest.mark.parametrize("templates", [1, 2])
def test_clip_equals_steps(config: ModelConfig, templates: int) -> None:
    model = make(config)
    crops = clip(config, templates=templates)
    with torch.no_grad():
        whole = model.forward_clip(*crops)
        outputs, _ = steps(model, *crops)
    for index, output in enumerate(outputs):
        for name in ("score", "offset", "size", "quality"):
            torch.testing.assert_close(getattr(output, name), getattr(whole, name)[:, index], rtol=0, atol=1e-5)


def test_every_parameter_gets_a_gradient(config: ModelConfig) -> None:
    model = make(config).train()
    output = model.forward_clip(*clip(config, frames=2))
    (output.score.sum() + output.offset.square().sum() + output.size.square().sum() + output.quality.sum()).backward()
    without = [
        name for name, parameter in model.named_parameters() if parameter.grad is None or not parameter.grad.any()
    ]
    assert not without


def test_gradient_flows_through_the_carried_token() -> None:
    model = make(TINY)
    templates, searches = clip(TINY, frames=3)
    searches.requires_grad_()
    model.forward_clip(templates, searches).score[:, 2].sum().backward()
    assert searches.grad is not None
    assert searches.grad[:, 0].abs().max() > 0


def test_later_frames_do_not_change_earlier_ones(config: ModelConfig) -> None:
    model = make(config)
    templates, searches = clip(config, frames=3)
    changed = searches.clone()
    changed[:, 2] += 1.0
    with torch.no_grad():
        one, other = model.forward_clip(templates, searches), model.forward_clip(templates, changed)
    assert torch.equal(one.score[:, :2], other.score[:, :2])
    assert not torch.equal(one.score[:, 2], other.score[:, 2])


def test_history_matters_with_a_token_only() -> None:
    templates, searches = clip(TINY, frames=2)
    changed = searches.clone()
    changed[:, 0] += 1.0
    for token, differs in ((True, True), (False, False)):
        model = make(TINY if token else ablations(TINY)["no token"])
        with torch.no_grad():
            one, other = model.forward_clip(templates, searches), model.forward_clip(templates, changed)
        assert torch.equal(one.score[:, 1], other.score[:, 1]) is not differs


def test_batch_members_do_not_mix(config: ModelConfig) -> None:
    model = make(config)
    templates, searches = clip(config, batch=2)
    with torch.no_grad():
        both = model.forward_clip(templates, searches)
        alone = model.forward_clip(templates[1:], searches[1:])
    torch.testing.assert_close(both.score[1:], alone.score, rtol=0, atol=1e-4)


def test_state_size_is_constant(config: ModelConfig) -> None:
    model = make(config)
    templates, searches = clip(config, frames=12)
    with torch.no_grad():
        first = model.init_state(templates)
        _, last = steps(model, templates, searches)
    assert [tensor.shape for tensor in pack(first)] == [tensor.shape for tensor in pack(last)]
    assert [tensor.dtype for tensor in pack(first)] == [tensor.dtype for tensor in pack(last)]
    assert last.cache_LBM2HD.data_ptr() != 0
    assert torch.equal(first.cache_LBM2HD, last.cache_LBM2HD)


def test_pack_and_unpack_are_inverse(config: ModelConfig) -> None:
    state = make(config).init_state(clip(config)[0])
    again = pack(unpack(pack(state)))
    assert all(one is other for one, other in zip(pack(state), again, strict=True))


def test_folded_equals_unfolded(config: ModelConfig) -> None:
    model = make(config)
    crops = clip(config)
    with torch.no_grad():
        one, other = model.forward_clip(*crops), model.fold().forward_clip(*crops)
    for name in ("score", "offset", "size", "quality"):
        torch.testing.assert_close(getattr(one, name), getattr(other, name), rtol=0, atol=1e-5)


def test_arranged_equals_folded(config: ModelConfig) -> None:
    folded = make(config).fold()
    crops = clip(config)
    with torch.no_grad():
        one, other = folded.forward_clip(*crops), arranged(folded).forward_clip(*crops)
    for name in ("score", "offset", "size", "quality"):
        torch.testing.assert_close(getattr(one, name), getattr(other, name), rtol=0, atol=1e-5)


def test_arranging_leaves_depthwise_kernels_of_one_pixel() -> None:
    test_arranged_equals_folded(replace(TINY, head_kernels=(1,)))


def test_arranging_replaces_blocks_and_wide_convolutions_and_leaves_the_model_itself() -> None:
    folded = make(TINY).fold()
    kinds = [type(module) for module in folded.modules()]
    arrangement = {type(module) for module in arranged(folded).modules()}
    assert {ArrangedBlock, PackedLinear, PackedConvolution, Pointwise} <= arrangement
    assert torch.nn.GELU not in {type(block) for block in arranged(folded).backbone.modules()}
    assert [type(module) for module in folded.modules()] == kinds


def test_arranging_leaves_small_kernels_to_torch() -> None:
    left = [module for module in arranged(make(TINY_HYBRID).fold()).backbone.modules() if isinstance(module, Conv2d)]
    assert left
    assert all(1 < module.kernel_size[0] < 5 or module.groups > 1 for module in left)


def test_without_onednn_the_folded_network_runs_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu_optimized, "available", lambda: False)
    folded = make(TINY).fold()
    assert [type(module) for module in arranged(folded).modules()] == [type(module) for module in folded.modules()]


def test_an_arranged_network_can_be_copied() -> None:
    crops = clip(TINY)
    network = arranged(make(TINY).fold())
    with torch.no_grad():
        assert torch.equal(copy.deepcopy(network).forward_clip(*crops).score, network.forward_clip(*crops).score)


def test_in_bf16_answers_are_near(config: ModelConfig) -> None:
    """bf16 has eight binary digits; what is carried from frame to frame stays fp32."""
    folded = make(config).fold()
    crops = clip(config)
    with torch.no_grad():
        one = folded.forward_clip(*crops)
        other = arranged(folded, torch.bfloat16).forward_clip(*crops)
    for name in ("score", "offset", "size", "quality"):
        expected, found = getattr(one, name), getattr(other, name)
        assert found.dtype == torch.float32
        assert not torch.equal(expected, found)
        torch.testing.assert_close(found, expected, rtol=0.05, atol=0.05)


def test_in_bf16_a_step_takes_the_state_of_the_network_itself() -> None:
    folded = make(TINY).fold()
    templates, searches = clip(TINY)
    with torch.no_grad():
        state = folded.init_state(templates)
        expected, _ = folded.step(state, searches[:, 0])
        found, after = arranged(folded, torch.bfloat16).step(state, searches[:, 0])
    torch.testing.assert_close(found.score, expected.score, rtol=0.05, atol=0.05)
    assert after.token_BC is not None
    assert after.token_BC.dtype == torch.float32


def test_folding_leaves_one_convolution_a_block() -> None:
    model = make(TINY)
    folded = model.fold()
    assert all(isinstance(block, torch.nn.Conv2d) for block in folded.head.blocks)
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in folded.modules())
    assert any(isinstance(module, torch.nn.BatchNorm2d) for module in model.modules())


def test_templates_do_not_see_the_token() -> None:
    model = make(TINY)
    other = make(TINY)
    with torch.no_grad():
        other.start_11C += 1.0
    templates = clip(TINY)[0]
    one, two = model.init_state(templates), other.init_state(templates)
    assert torch.allclose(one.cache_LBM2HD, two.cache_LBM2HD, atol=1e-6)
    assert not torch.allclose(one.token_BC, two.token_BC)


def test_same_seed_same_network() -> None:
    one, other = make(TINY, seed=3), make(TINY, seed=3)
    assert all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))
    crops = clip(TINY)
    assert torch.equal(one.forward_clip(*crops).score, other.forward_clip(*crops).score)


def test_decode_reads_the_peak() -> None:
    score = torch.full((1, 1, 4, 4), -5.0)
    score[0, 0, 1, 2] = 5.0
    offset, size = torch.full((1, 2, 4, 4), 0.5), torch.full((1, 2, 4, 4), 0.1)
    size[0, :, 1, 2] = torch.tensor([0.25, 0.5])
    boxes, peak = STDTrack.decode(FrameOutput(score, offset, size, torch.zeros(1)))
    assert boxes[0].tolist() == pytest.approx([2.5 / 4, 1.5 / 4, 0.25, 0.5])
    assert float(peak[0]) == pytest.approx(torch.sigmoid(torch.tensor(5.0)).item())


def test_decode_weighs_the_peak_by_the_window() -> None:
    score = torch.zeros(1, 1, 3, 3)
    score[0, 0, 0, 0] = 0.5
    window = torch.zeros(3, 3)
    window[1, 1] = 1.0
    output = FrameOutput(score, torch.full((1, 2, 3, 3), 0.5), torch.full((1, 2, 3, 3), 0.2), torch.zeros(1))
    assert STDTrack.decode(output, window)[0][0, :2].tolist() == pytest.approx([0.5, 0.5])


@pytest.mark.parametrize("name", VARIANTS)
def test_variants_hold_together(name: str) -> None:
    config = VARIANTS[name]
    assert config.name == name
    with torch.device("meta"):
        model = STDTrack(config)
        output = model.forward_clip(
            torch.empty(1, 1, 3, config.template_size, config.template_size),
            torch.empty(1, 2, 3, config.search_size, config.search_size),
        )
    assert output.score.shape == (1, 2, 1, config.score_grid, config.score_grid)


def test_ablations_change_one_thing() -> None:
    for name, config in ablations(TINY).items():
        assert (config == TINY) is (name == "full")
        assert replace(config, token=True, memory="quality", fusion=True, multi_scale=True) == TINY
