"""The form that exporters write: the network's own answers and states, for one target."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from stdtrack.configs import ModelConfig, Widths, ablations
from stdtrack.inference.graphs import StepGraph, pack
from stdtrack.inference.networks import step_graph
from stdtrack.inference.single import SingleBlock, for_one
from tests.stdtrack.tiny import TINY, TINY_HYBRID, clip, make

CONFIGS = {
    "patch": TINY,
    "hybrid": TINY_HYBRID,
    "pruned heads": replace(TINY, widths=Widths(heads=1, hidden=(64, 96))),
    "fewer tokens": replace(TINY, depth=4, keep=0.7),
    **ablations(TINY),
}


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS.keys())
@pytest.mark.parametrize("templates", [1, 2])
def test_answers_and_states_are_those_of_the_network(config: ModelConfig, templates: int) -> None:
    folded = make(config).fold()
    single = for_one(folded)
    crops, searches = clip(config, batch=1, templates=templates, frames=3)
    with torch.no_grad():
        states = [network.init_state(crops) for network in (folded, single)]
        for one, other in zip(*map(pack, states), strict=True):
            assert torch.equal(one, other)
        state = pack(states[0])
        for index in range(searches.shape[1]):
            expected, found = (StepGraph(network)(searches[:, index], *state) for network in (folded, single))
            for one, other in zip(expected, found, strict=True):
                torch.testing.assert_close(one, other, rtol=0, atol=1e-5)
            state = (*expected[4:], state[-1])


def test_only_onnx_takes_it_and_the_model_stays_as_it_is() -> None:
    folded = make(TINY).fold()
    kinds = [type(module) for module in folded.modules()]
    assert any(isinstance(module, SingleBlock) for module in step_graph(folded, "onnx").modules())
    assert not any(isinstance(module, SingleBlock) for module in step_graph(folded, "openvino").modules())
    assert [type(module) for module in folded.modules()] == kinds
