"""Weights from the names of tensors alone: the same everywhere, of the sizes that networks work with, and meaningless.

The draws are those of the reference data with which the peers were compared, so that any of its figures can be had
again without a file.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

TABLES = ("pos_embed", "position", "token", "attention_biases")
"""In the last part of a name: a learned table that is added to tokens or logits."""


def drawn(key: str, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """The values of one tensor, from a generator of its own."""
    generator = np.random.default_rng(zlib.crc32(key.encode()))
    if key.endswith("running_var"):
        return generator.uniform(0.5, 1.5, shape)
    if key.endswith(("running_mean", "bias")):
        return generator.normal(0.0, 0.05, shape)
    if len(shape) == 1 and key.endswith("weight"):
        return generator.uniform(0.7, 1.3, shape)
    if any(table in key.rpartition(".")[2] for table in TABLES):
        return generator.normal(0.0, 0.2, shape)
    return generator.normal(0.0, 1.0 / math.sqrt(max(1, math.prod(shape[1:]))), shape)


def random_tensor(key: str, like: Tensor, gain: Callable[[str], float]) -> Tensor:
    """Float32 values for a tensor of that name and shape, times ``gain(key)``."""
    return torch.from_numpy(np.asarray(drawn(key, tuple(like.shape)) * gain(key)).astype(np.float32))
