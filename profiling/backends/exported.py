"""``torch.export``: the module as a graph of ATen operators in a .pt2 file, run by PyTorch without its Python code."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from evalkit.errors import InputError, one_line
from profiling.backends import Backend, FileFormat, Graph, distinct
from profiling.backends.pt2_archive import HINT, checked_archive
from profiling.backends.quiet import quiet_exporter


def export(
    module: nn.Module,
    inputs: Sequence[Tensor],
    path: Path,
    input_names: Sequence[str] = (),
    output_names: Sequence[str] = (),
) -> None:
    """Write the module as a .pt2 file for the shapes of ``inputs``; its tensors go by their order."""
    with quiet_exporter(), torch.no_grad():
        torch.export.save(torch.export.export(module, distinct(inputs)), path)


def load(path: Path, precision: str = "fp32") -> Graph:
    """Read a .pt2 file; raises InputError for one that could run code or is damaged."""
    archive = checked_archive(path)
    try:
        with quiet_exporter():
            graph: Graph = torch.export.load(archive).module()
    except Exception as error:
        raise InputError(f"is no network that torch can load: {one_line(error)}", path=path, hint=HINT) from error
    return graph


def prepare(module: nn.Module, inputs: Sequence[Tensor], precision: str) -> Graph:
    """Export in memory and run that."""
    with quiet_exporter(), torch.no_grad():
        graph: Graph = torch.export.export(module, distinct(inputs)).module()
    return graph


BACKEND = Backend(prepare, file=FileFormat(".pt2", export, load, checked_archive))
