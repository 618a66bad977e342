"""ONNX Runtime on the CPU."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from evalkit.files import partial_folder
from evalkit.trackers.onnx_file import check_onnx, open_session
from profiling.backends import Backend, FileFormat, Graph, distinct
from profiling.backends.onnx_int8 import quantised
from profiling.backends.quiet import quiet_exporter

OPSET = 20


def export(
    module: nn.Module,
    inputs: Sequence[Tensor],
    path: Path,
    input_names: Sequence[str] = (),
    output_names: Sequence[str] = (),
) -> None:
    """Write the module as one .onnx file for the shapes of ``inputs``; names default to the exporter's."""
    with quiet_exporter(), torch.no_grad():
        program = torch.onnx.export(
            module,
            distinct(inputs),
            input_names=input_names or None,
            output_names=output_names or None,
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
        )
    assert program is not None, "the dynamo exporter returns the program when no file is named"
    program.save(path, external_data=False)


def load(path: Path, precision: str = "fp32") -> Graph:
    """Open a .onnx file: inputs and outputs in the graph's order, on as many threads as torch has now.

    ``int8`` opens the quantised network beside it, and makes it first if need be.
    """
    if precision == "int8":
        path = quantised(path)
    session = open_session(path, torch.get_num_threads())
    names = [argument.name for argument in session.get_inputs()]

    def run(*tensors: Tensor) -> tuple[Tensor, ...]:
        feed = {name: tensor.contiguous().numpy() for name, tensor in zip(names, tensors, strict=True)}
        return tuple(torch.from_numpy(array) for array in session.run(None, feed))

    return run


def prepare(module: nn.Module, inputs: Sequence[Tensor], precision: str) -> Graph:
    """Export to a temporary file and open it; ``int8`` quantises the weights of matrix products, inputs on the fly."""
    with partial_folder(Path(tempfile.gettempdir()) / "stdtrack-onnx") as folder:
        path = folder / "module.onnx"
        export(module, inputs, path)
        return load(path, precision)


BACKEND = Backend(
    prepare,
    ("fp32", "int8"),
    needs=("onnx", "onnxscript", "onnxruntime"),
    extra="export",
    file=FileFormat(".onnx", export, load, check_onnx),
)
