"""ONNX Runtime on the CPU."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from evalkit.errors import InputError
from evalkit.files import atomic, partial_folder
from evalkit.imports import optional_module
from evalkit.trackers.onnx_file import check_onnx, digest_onnx, open_session, read_onnx
from profiling.backends import Backend, FileFormat, Graph, distinct
from profiling.backends.quiet import quiet_exporter

OPSET = 20
MADE_OF = "stdtrack.made_of"
"""In the metadata of a quantised network: the digest of the one that it was made of."""


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
    onnxruntime: Any = optional_module("onnxruntime")
    if precision == "int8":
        path = quantised(path)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = torch.get_num_threads(), 1
    # Threads that spin between frames would take the cores from the rest of the tracker.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    session = open_session(path, options)
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


def quantised(path: Path) -> Path:
    """Write ``<name>.int8.onnx`` beside a .onnx file: signed weights, one scale a channel.

    One that was made of the same network is taken as it is; its metadata hold the digest of what it was made of.

    Raises:
        InputError: the folder cannot be written, or a file of this name lies there that this function did not write.
    """
    target, digest = path.with_suffix(".int8.onnx"), digest_onnx(path)
    if target.is_file() and _made_of(target) == digest:
        return target
    quantization: Any = optional_module("onnxruntime.quantization")

    network = read_onnx(path)  # of a path, the inferred shapes would be written beside the file
    network.metadata_props.add(key=MADE_OF, value=digest)
    hint = "the int8 network is kept beside the other one: copy that to a folder that can be written"
    with quiet_exporter(), atomic(target, hint=hint) as temporary:
        signed = quantization.QuantType.QInt8
        quantization.quantize_dynamic(
            network, temporary, weight_type=signed, per_channel=True, op_types_to_quantize=["MatMul"]
        )
    return target


def _made_of(path: Path) -> str:
    """The digest of the network that a quantised one was made of."""
    for entry in check_onnx(path).metadata_props:
        if entry.key == MADE_OF:
            return str(entry.value)
    problem = "does not say which network it was made of, and may be of another one"
    raise InputError(problem, path=path, hint="move it away, and it is made anew; or profile it by its own name")


BACKEND = Backend(
    prepare,
    ("fp32", "int8"),
    needs=("onnx", "onnxscript", "onnxruntime"),
    extra="export",
    file=FileFormat(".onnx", export, load, check_onnx),
)
