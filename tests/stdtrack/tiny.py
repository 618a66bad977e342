"""Networks small enough to test everything about them."""

from __future__ import annotations

from dataclasses import replace

import torch

from stdtrack.configs import ModelConfig
from stdtrack.model import STDTrack

TINY = ModelConfig(
    "tiny", template_size=32, search_size=64, dim=32, depth=2, heads=2, head_dim=16, tower_dims=(8, 8), capacity=4
)
TINY_HYBRID = replace(TINY, name="tiny-hybrid", stem="efficientnet_lite0", head_stride=8)


def make(config: ModelConfig, seed: int = 0) -> STDTrack:
    """A network with random weights, batch norms included, in evaluation mode."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = STDTrack(config).eval()
        for name, tensor in model.state_dict().items():
            if name.endswith("running_mean"):
                tensor.normal_(std=0.2)
            if name.endswith("running_var"):
                tensor.uniform_(0.5, 2.0)
    return model


def clip(config: ModelConfig, batch: int = 2, templates: int = 1, frames: int = 6) -> tuple[torch.Tensor, torch.Tensor]:
    """Random template and search crops."""
    generator = torch.Generator().manual_seed(1)
    shape = (3, config.template_size, config.template_size)
    searches = (3, config.search_size, config.search_size)
    return (
        torch.randn(batch, templates, *shape, generator=generator),
        torch.randn(batch, frames, *searches, generator=generator),
    )
