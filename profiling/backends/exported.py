"""``torch.export``: the module as a graph of ATen operators in a .pt2 file, run by PyTorch without its Python code."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from profiling.backends import Graph
from profiling.backends.silence import quiet_exporter


def export(module: nn.Module, inputs: Sequence[Tensor], path: Path) -> None:
    """Write the module as a .pt2 file for the shapes of ``inputs``."""
    with quiet_exporter(), torch.no_grad():
        torch.export.save(torch.export.export(module, tuple(inputs)), path)


def load(path: Path, precision: str = "fp32") -> Graph:
    """Read a .pt2 file: an archive of our own tensors and graph, opened only where a user names it."""
    with quiet_exporter():
        graph: Graph = torch.export.load(path).module()
    return graph


def prepare(module: nn.Module, inputs: Sequence[Tensor], precision: str) -> Graph:
    """Export in memory and run that."""
    with quiet_exporter(), torch.no_grad():
        graph: Graph = torch.export.export(module, tuple(inputs)).module()
    return graph
