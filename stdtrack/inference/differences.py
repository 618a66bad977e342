"""How far the outputs of a network and of what was made of it are apart: one rule for ours and for peers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from torch import Tensor

TOLERANCE = 1e-4
"""The :func:`difference` up to which two networks pass for equal."""


def difference(right: Tensor, other: Tensor) -> float:
    """Largest absolute difference of two tensors of one shape, over the largest value of ``right`` if that is beyond 1.

    NaN where either has a NaN: no tolerance lets that pass.

    >>> import torch
    >>> difference(torch.tensor([0.5, -200.0]), torch.tensor([0.5, -199.0]))
    0.005
    """
    wanted = right.double()  # truth values too
    return float((wanted - other.double()).abs().max()) / max(1.0, float(wanted.abs().max()))


def add_differences(largest: dict[str, float], pairs: Iterable[tuple[str, Tensor, Tensor]]) -> None:
    """Keep the largest :func:`difference` of each output by name, the first one's values being right; NaN stays."""
    for name, right, other in pairs:
        largest[name] = float(np.maximum(largest.get(name, 0.0), difference(right, other)))


def worst(largest: Mapping[str, float]) -> float:
    """The largest of all; NaN if one is."""
    return float(np.max([*largest.values()]))
