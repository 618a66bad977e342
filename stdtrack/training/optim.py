"""AdamW's parameter groups, the schedule of a stage, and averaged weights."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from stdtrack.model.network import STDTrack
from stdtrack.model.stem import ConvolutionalStem, InvertedResidual
from stdtrack.training.config import OptimConfig, StageConfig


def freeze_stem(model: STDTrack, config: OptimConfig) -> None:
    """Stop the gradient where the config says so: early filters are general, and cost the most."""
    stem = model.backbone.stem
    if not isinstance(stem, ConvolutionalStem):
        return
    frozen: list[nn.Module] = [stem.first, *stem.blocks[: config.frozen_blocks]] if config.frozen_blocks else []
    if config.frozen_depthwise:
        frozen += [block.depthwise for block in stem.blocks if isinstance(block, InvertedResidual)]
    for module in frozen:
        module.requires_grad_(False)


def parameter_groups(model: STDTrack, config: OptimConfig) -> list[dict[str, object]]:
    """Four groups: stem and rest, with and without weight decay; ``rate`` scales the stage's learning rate."""
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            stem = name.startswith("backbone.stem.") and ".projection." not in name
            decays = parameter.ndim >= 2 and min(parameter.shape[:2]) > 1 and "position" not in name
            groups.setdefault((stem, decays), []).append(parameter)
    return [
        {
            "params": parameters,
            "rate": config.stem_rate if stem else 1.0,
            "weight_decay": config.weight_decay if decays else 0.0,
        }
        for (stem, decays), parameters in sorted(groups.items(), key=lambda item: item[0])
    ]


def make_optimizer(model: STDTrack, config: OptimConfig) -> torch.optim.AdamW:
    """AdamW over the trainable parameters; rates are set step by step by :func:`set_rate`."""
    return torch.optim.AdamW(parameter_groups(model, config), lr=0.0, betas=(0.9, 0.99))


def load_moments(optimizer: torch.optim.AdamW, saved: Mapping[str, Any]) -> None:
    """Take over the moments and step counts of a saved state; settings stay those of the config.

    Raises:
        AttributeError, LookupError, TypeError, ValueError: the state is of another optimiser.
    """
    optimizer.load_state_dict({**optimizer.state_dict(), "state": saved["state"]})
    for parameter, moments in optimizer.state.items():
        shapes = {name: tuple(moment.shape) for name, moment in moments.items()}
        wanted = {"step": (), "exp_avg": tuple(parameter.shape), "exp_avg_sq": tuple(parameter.shape)}
        if shapes != wanted:
            raise ValueError(f"the optimiser keeps {wanted} of a parameter, not {shapes}")


def learning_rate(stage: StageConfig, step: int, final: float) -> float:
    """Linear warm-up to the stage's peak, then half a cosine down to ``final`` times the peak.

    >>> stage = StageConfig(steps=100, warmup=10, learning_rate=1.0)
    >>> [round(learning_rate(stage, step, 0.0), 2) for step in (0, 9, 10, 55, 99)]
    [0.1, 1.0, 1.0, 0.5, 0.0]
    """
    warmup = min(stage.warmup, stage.steps)
    if step < warmup:
        return stage.learning_rate * (step + 1) / warmup
    share = (step - warmup) / max(stage.steps - warmup, 1)
    return stage.learning_rate * (final + (1 - final) * 0.5 * (1 + math.cos(math.pi * share)))


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Set the learning rate of every group, scaled by the group's own factor."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group["rate"]


class Average:
    """Exponential moving average of weights; buffers (batch norm's statistics) are averaged alike.

    The decay grows from 0 with the number of updates, so that the random start is forgotten at once.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay, self.updates = decay, 0
        self.state = {name: value.detach().clone() for name, value in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """Move the average towards the model's present weights."""
        self.updates += 1
        share = 1 - min(self.decay, (1 + self.updates) / (10 + self.updates))
        for name, value in model.state_dict().items():
            mean = self.state[name]
            if mean.dtype.is_floating_point:
                mean.lerp_(value, share)
            else:
                mean.copy_(value)

    def state_dict(self) -> dict[str, object]:
        """Averages and the count of updates."""
        return {"updates": self.updates, "state": self.state}

    def load_state_dict(self, saved: dict[str, object]) -> None:
        """Take over what :meth:`state_dict` gave."""
        state: dict[str, Tensor] = saved["state"]  # type: ignore[assignment]
        for name, mean in self.state.items():
            mean.copy_(state[name])
        self.updates = int(saved["updates"])  # type: ignore[call-overload]
