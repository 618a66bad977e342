"""OpenVINO on the CPU."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from evalkit.errors import InputError, one_line
from evalkit.imports import optional_module
from profiling.backends import Backend, FileFormat, Graph, distinct
from profiling.backends.openvino_files import check_openvino
from profiling.backends.quiet import quiet_exporter

PRECISION_HINTS = {"fp32": "f32", "bf16": "bf16"}


def export(
    module: nn.Module,
    inputs: Sequence[Tensor],
    path: Path,
    input_names: Sequence[str] = (),
    output_names: Sequence[str] = (),
) -> None:
    """Write ``path`` (.xml) and the weights beside it (.bin) for the inputs' shapes; tensors go by their order."""
    openvino: Any = optional_module("openvino")
    openvino.save_model(_convert(module, inputs), path, compress_to_fp16=False)


def load(path: Path, precision: str = "fp32") -> Graph:
    """Open a .xml file: inputs and outputs in the graph's order, on as many threads as torch has now."""
    openvino: Any = optional_module("openvino")
    weights = check_openvino(path)
    try:
        return _compile(openvino.Core().read_model(path, weights), precision)
    except Exception as error:
        raise InputError(f"OpenVINO cannot open it: {_reason(error)}", path=path) from error


def _reason(error: Exception) -> str:
    """The last line: those before it say where in OpenVINO's source it was raised."""
    return one_line(ValueError(str(error).strip().splitlines()[-1])) if str(error).strip() else one_line(error)


def prepare(module: nn.Module, inputs: Sequence[Tensor], precision: str) -> Graph:
    """Convert in memory and compile; ``bf16`` is OpenVINO's own choice of what runs in it."""
    return _compile(_convert(module, inputs), precision)


def _convert(module: nn.Module, inputs: Sequence[Tensor]) -> Any:
    openvino: Any = optional_module("openvino")
    with quiet_exporter(), torch.no_grad():
        return openvino.convert_model(torch.export.export(module, distinct(inputs)))


def _compile(model: Any, precision: str) -> Graph:
    openvino: Any = optional_module("openvino")
    compiled = openvino.Core().compile_model(model, "CPU", settings(torch.get_num_threads(), precision))
    request = compiled.create_infer_request()
    outputs = range(len(compiled.outputs))

    def run(*tensors: Tensor) -> tuple[Tensor, ...]:
        # Inputs are read where they are; results are copied, because the request writes the next ones over them.
        request.infer([tensor.contiguous().numpy() for tensor in tensors], share_inputs=True)
        return tuple(torch.from_numpy(request.get_output_tensor(index).data.copy()) for index in outputs)

    return run


def settings(threads: int, precision: str) -> dict[str, Any]:
    """How OpenVINO is told to run a network, by its own names."""
    chosen: dict[str, Any] = {
        "INFERENCE_NUM_THREADS": threads,
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": PRECISION_HINTS[precision],
    }
    if threads == 1:
        # On one thread OpenVINO 2026.4 crashes while it compiles fused attention of some graphs, our init among them.
        chosen["SNIPPETS_MODE"] = "DISABLE"
    return chosen


BACKEND = Backend(
    prepare,
    tuple(PRECISION_HINTS),
    needs=("openvino",),
    extra="openvino",
    file=FileFormat(".xml", export, load, check_openvino),
)
