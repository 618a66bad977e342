"""What is pruned, how far, and that what is left still does most of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from evalkit.errors import InputError
from profiling.latency.clips import Clip
from stdtrack.compression.layers import Layer, narrowed, narrowest, widths_of
from stdtrack.compression.pruning import allocated, macs_of, prune, refitted
from stdtrack.compression.readers import watched
from tests.stdtrack.compression.test_agreement import Noise
from tests.stdtrack.tiny import TINY, TINY_HYBRID, clip, make

WIDER = replace(TINY_HYBRID, name="wider", head_dim=32, tower_dims=(16, 16))


@pytest.fixture
def clips() -> list[Clip]:
    return [Clip("noise", Noise(), np.tile([30.0, 20.0, 24.0, 16.0], (len(Noise()), 1)))]


def test_the_share_asked_for_is_removed(clips: list[Clip]) -> None:
    model = make(WIDER)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    smaller, pruned = prune(model, 0.3, clips, tell=print)
    assert macs_of(smaller.config) <= 0.7 * macs_of(WIDER)
    assert pruned.macs == (macs_of(WIDER), macs_of(smaller.config))
    assert {name: after for name, (_, after) in pruned.widths.items()} == {
        str(layer): width for layer, width in widths_of(smaller.config).items()
    }
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, before[name]), "the network given stays as it is"
    assert "pruned by 3" in pruned.described()
    with torch.no_grad():
        assert torch.isfinite(smaller(*clip(WIDER)).score).all()


def test_nothing_removed_is_the_network_itself(clips: list[Clip]) -> None:
    model = make(WIDER)
    maps = watched(model, clips)
    everything = {layer: [torch.arange(linear.groups) for linear in parts] for layer, parts in maps.items()}
    same = refitted(model, maps, everything)
    with torch.no_grad():
        torch.testing.assert_close(same(*clip(WIDER)).score, model(*clip(WIDER)).score, atol=2e-2, rtol=2e-2)


def test_a_whole_block_goes_first(clips: list[Clip]) -> None:
    smaller, pruned = prune(make(replace(TINY, depth=3)), 0.01, clips, blocks=2, tell=print)
    assert smaller.config.depth == 1
    assert len(set(pruned.blocks)) == 2
    assert set(pruned.blocks) <= {0, 1, 2}
    with pytest.raises(InputError, match="one transformer block"):
        prune(make(replace(TINY, depth=1)), 0.01, clips, blocks=1, tell=print)


def test_what_costs_least_for_what_it_saves_goes_first() -> None:
    costs = {layer: np.full(width - narrowest(TINY, layer), 1.0) for layer, width in widths_of(TINY).items()}
    costs[Layer("hidden", 1)] = np.full(64, 1e-6)
    left = allocated(TINY, costs, 0.97 * macs_of(TINY))
    changed = [layer for layer, width in widths_of(TINY).items() if left[layer] < width]
    assert changed == [Layer("hidden", 1)]
    narrowest_there = macs_of(narrowed(TINY, {Layer("hidden", 0): widths_of(TINY)[Layer("hidden", 0)] - 16}))
    with pytest.raises(InputError, match=f"takes {narrowest_there:,} MACs, more than the 1 asked for .*prune less"):
        allocated(TINY, {Layer("hidden", 0): np.zeros(16)}, 1.0)
