"""Search tokens left out: which ones, what becomes of the others, and what it saves; beside loops over numbers."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from stdtrack.compression.pruning import macs_of
from stdtrack.configs import BASE, NANO, ModelConfig, ablations
from stdtrack.model.backbone import Backbone
from stdtrack.model.search_tokens import attended, going_on, put_back, taken
from tests.stdtrack.tiny import TINY, clip, make

DEEP = replace(TINY, name="deep", depth=4)
SEEDS = st.integers(0, 2**32 - 1)


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def looked_at(qkv_N3HD: np.ndarray) -> list[float]:
    """The first token's attention to each of the others, number by number."""
    tokens, _, heads, dim = qkv_N3HD.shape
    shares = [0.0] * (tokens - 1)
    for head in range(heads):
        query = qkv_N3HD[0, 0, head]
        logits = [
            sum(float(query[d]) * float(qkv_N3HD[n, 1, head, d]) for d in range(dim)) / math.sqrt(dim)
            for n in range(1, tokens)
        ]
        weights = [math.exp(logit - max(logits)) for logit in logits]
        for number, weight in enumerate(weights):
            shares[number] += weight / sum(weights) / heads
    return shares


@given(st.integers(1, 3), st.integers(2, 9), st.integers(1, 3), st.integers(1, 5), SEEDS)
def test_attention_is_that_of_plain_loops(batch: int, tokens: int, heads: int, dim: int, seed: int) -> None:
    qkv = random(batch, tokens, 3, heads, dim, seed=seed)
    expected = [looked_at(row) for row in qkv.numpy()]
    np.testing.assert_allclose(attended(qkv).numpy(), expected, rtol=1e-4, atol=1e-6)


@given(st.data(), st.integers(1, 3), st.integers(2, 20), SEEDS)
def test_those_go_on_that_are_looked_at_most(data: st.DataObject, batch: int, tokens: int, seed: int) -> None:
    count = data.draw(st.integers(1, tokens - 1))
    qkv = random(batch, tokens, 3, 2, 4, seed=seed)
    index = going_on(qkv, count)
    assert index.shape == (batch, 1 + count)
    assert (index[:, 0] == 0).all()
    for row, shares in zip(index[:, 1:] - 1, attended(qkv), strict=True):
        others = sorted(set(range(tokens - 1)) - set(row.tolist()))
        assert len(set(row.tolist())) == count
        assert not others or shares[row].min() >= shares[others].max()


@given(st.data(), st.integers(1, 3), st.integers(1, 12), st.integers(1, 4), SEEDS)
def test_who_is_left_out_keeps_its_values(
    data: st.DataObject, batch: int, tokens: int, channels: int, seed: int
) -> None:
    rows = st.lists(st.integers(0, tokens - 1), unique=True, min_size=1)
    first = data.draw(rows)
    index = torch.tensor([data.draw(st.permutations(first)) for _ in range(batch)])
    x, changed = random(batch, tokens, channels, seed=seed), random(batch, len(first), channels, seed=seed + 1)
    assert torch.equal(put_back(x, index, taken(x, index)), x)
    before, whole = x.clone(), put_back(x, index, changed)
    assert torch.equal(x, before)
    for target in range(batch):
        places = index[target].tolist()
        for token in range(tokens):
            expected = changed[target, places.index(token)] if token in places else x[target, token]
            assert torch.equal(whole[target, token], expected)


def by_hand(backbone: Any, x_BNC: Tensor, cache_LBM2HD: Tensor, keep: float) -> Tensor:
    """One target after the other, tokens as a list: the blocks, and after a quarter, half, three quarters a choice."""
    depth, whole = len(backbone.blocks), x_BNC.clone()
    for target in range(len(x_BNC)):
        alive = list(range(x_BNC.shape[1]))
        for number, block in enumerate(backbone.blocks):
            y, qkv = block(whole[target : target + 1, alive], cache_LBM2HD[number, target : target + 1])
            whole[target, alive] = y[0]
            if number + 1 in {depth // 4, depth // 2, 3 * depth // 4}:
                shares = dict(zip(alive[1:], looked_at(qkv[0].numpy()), strict=True))
                best = sorted(shares, key=lambda token: -shares[token])
                alive = [0, *sorted(best[: math.ceil(keep * (len(alive) - 1))])]
    return whole


@pytest.mark.parametrize("keep", [0.7, 0.3])
@pytest.mark.parametrize("depth", [2, 3, 4, 5])
@torch.no_grad()
def test_the_backbone_does_as_by_hand(depth: int, keep: float) -> None:
    config = replace(TINY, depth=depth, keep=keep)
    model = make(config)
    templates, searches = clip(config)
    state = model.init_state(templates)
    tokens, _ = model.backbone.embed_search(searches[:, 0])
    x_BNC = model.join(state, tokens)
    found = model.backbone(x_BNC, state.cache_LBM2HD)
    torch.testing.assert_close(found, by_hand(model.backbone, x_BNC, state.cache_LBM2HD, keep), rtol=0, atol=1e-5)
    everything = Backbone(replace(config, keep=1.0)).eval()
    everything.load_state_dict(model.backbone.state_dict())
    assert not torch.allclose(found, everything(x_BNC, state.cache_LBM2HD), atol=1e-3)


@torch.no_grad()
def test_where_all_are_kept_no_bit_changes() -> None:
    model = make(DEEP)
    templates, searches = clip(DEEP)
    state = model.init_state(templates)
    x_BNC = model.join(state, model.backbone.embed_search(searches[:, 0])[0])
    plain = x_BNC
    for block, past in zip(model.backbone.blocks, state.cache_LBM2HD, strict=True):
        plain, _ = block(plain, past)
    assert torch.equal(model.backbone(x_BNC, state.cache_LBM2HD), plain)


@torch.no_grad()
def test_the_order_in_which_tokens_go_on_does_not_matter() -> None:
    """0.99 of 16 tokens are 16: all go on, sorted by attention."""
    one, other = make(DEEP), make(replace(DEEP, keep=0.99))
    assert other.config.going_on == {1: 16, 2: 16, 3: 16}
    crops = clip(DEEP)
    torch.testing.assert_close(vars(other.forward_clip(*crops)), vars(one.forward_clip(*crops)), rtol=0, atol=1e-4)


@pytest.mark.parametrize("config", [DEEP, NANO, BASE], ids=lambda config: config.name)
def test_what_it_saves_is_counted(config: ModelConfig) -> None:
    fewer = replace(config, keep=0.6)
    channels, past = config.dim, config.template_grid**2

    def block(tokens: int, hidden: int) -> int:
        return tokens * (4 * channels**2 + 2 * channels * hidden) + 2 * tokens * (tokens + past) * channels

    whole = left = config.search_grid**2
    saved = 0
    for number, hidden in enumerate(config.hidden_dims):
        saved += block(1 + whole, hidden) - block(1 + left, hidden)
        if number + 1 in fewer.going_on:
            saved -= channels * left  # the token's query on the keys of those that are there
            left = fewer.going_on[number + 1]
    assert left < whole
    assert macs_of(config) - macs_of(fewer) == saved


@pytest.mark.parametrize(
    ("keep", "counts"),
    [(1.0, {}), (0.7, {3: 180, 6: 126, 9: 89}), (1e-9, {3: 1, 6: 1, 9: 1}), (0.25, {3: 64, 6: 16, 9: 4})],
)
def test_how_many_go_on(keep: float, counts: dict[int, int]) -> None:
    assert replace(BASE, keep=keep).going_on == counts
    assert replace(NANO, keep=keep).going_on == ({} if keep == 1.0 else {1: math.ceil(keep * 64)})


def test_a_share_that_rounding_raised_is_not_one_more() -> None:
    assert 0.55 * 100 > 55
    assert replace(TINY, search_size=160, keep=0.55).going_on == {1: 55}


@pytest.mark.parametrize("keep", [0.0, -0.5, 1.1, math.nan, math.inf])
def test_what_is_no_share_is_refused(keep: float) -> None:
    with pytest.raises(ValueError, match=r"keep is .*, no share above 0"):
        replace(TINY, keep=keep)


def test_a_network_that_cannot_choose_is_refused() -> None:
    with pytest.raises(ValueError, match=r"keep is 0\.5, and no spatiotemporal token"):
        replace(TINY, token=False, fusion=False, memory="none", keep=0.5)
    assert not replace(TINY, depth=1, keep=0.5).going_on
    assert ablations(replace(TINY, keep=0.5))["no token"].keep == 1.0
