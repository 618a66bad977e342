"""Weights as authors released them, read without running anything that a file says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from stdtrack.checkpoints import fitting
from stdtrack.tensor_file import read_tensors


def read_weights(path: Path) -> Mapping[str, Tensor]:
    """The tensors of a file by name."""
    return read_tensors(path).tensors


def fitted_state(
    tensors: Mapping[str, Tensor],
    own: Mapping[str, Tensor],
    path: Path,
    ignored: tuple[str, ...] = (),
    optional: tuple[str, ...] = (),
) -> dict[str, Tensor]:
    """The tensors as a network with the state ``own`` takes them."""
    kept = {key: tensor for key, tensor in tensors.items() if not (ignored and key.startswith(ignored))}
    needed = {key: own[key] for key in own if key in kept or not (optional and key.endswith(optional))}
    return fitting(kept, needed, path)
