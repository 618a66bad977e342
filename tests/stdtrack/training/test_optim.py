"""Parameter groups, frozen parts, schedule, averages."""

from __future__ import annotations

import itertools

import torch
from torch import nn

from stdtrack.configs import NANO
from stdtrack.model.network import STDTrack
from stdtrack.training.config import OptimConfig, StageConfig
from stdtrack.training.optim import Average, freeze_stem, learning_rate, make_optimizer, set_rate


def test_every_trainable_parameter_is_in_one_group() -> None:
    model = STDTrack(NANO)
    freeze_stem(model, OptimConfig(frozen_blocks=2, frozen_depthwise=True))
    optimizer = make_optimizer(model, OptimConfig(stem_rate=0.25, weight_decay=0.1))
    grouped = [id(p) for group in optimizer.param_groups for p in group["params"]]
    trainable = [id(p) for p in model.parameters() if p.requires_grad]
    assert sorted(grouped) == sorted(trainable)
    assert len(trainable) < len(list(model.parameters()))
    assert not model.backbone.stem.first.weight.requires_grad
    assert not model.backbone.stem.blocks[5].depthwise.weight.requires_grad
    assert model.backbone.stem.blocks[5].expand.weight.requires_grad
    for group in optimizer.param_groups:
        vectors = all(p.ndim < 2 or min(p.shape[:2]) == 1 for p in group["params"])
        assert group["weight_decay"] == (0.0 if vectors else 0.1)
    set_rate(optimizer, 1.0)
    assert sorted({group["lr"] for group in optimizer.param_groups}) == [0.25, 1.0]


def test_the_schedule_warms_up_and_never_rises_again() -> None:
    stage = StageConfig(steps=200, warmup=20, learning_rate=2.0)
    rates = [learning_rate(stage, step, 0.1) for step in range(200)]
    assert max(rates) == rates[19] == 2.0
    assert all(later <= earlier for earlier, later in itertools.pairwise(rates[19:]))
    assert 0.2 <= rates[-1] < 0.21


def test_the_average_forgets_the_start_and_follows_slowly() -> None:
    layer = nn.Linear(1, 1, bias=False)
    average = Average(layer, 0.9)
    with torch.no_grad():
        layer.weight.fill_(1.0)
        for _ in range(300):
            average.update(layer)
        before = average.state["weight"].item()
        layer.weight.fill_(2.0)
        average.update(layer)
    torch.testing.assert_close(before, 1.0)
    torch.testing.assert_close(average.state["weight"].item(), 1.1)
    other = Average(nn.Linear(1, 1, bias=False), 0.9)
    other.load_state_dict(average.state_dict())
    assert other.updates == 301
    assert other.state["weight"].item() == average.state["weight"].item()
