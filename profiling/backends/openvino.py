"""OpenVINO on the CPU."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from profiling.backends import Graph
from profiling.backends.silence import quiet_exporter

PRECISION_HINTS = {"fp32": "f32", "bf16": "bf16"}


def export(module: nn.Module, inputs: Sequence[Tensor], path: Path) -> None:
    """Write the module as ``path`` (.xml) and the weights beside it (.bin), for the shapes of ``inputs``."""
    import openvino

    openvino.save_model(_convert(module, inputs), path, compress_to_fp16=False)


def load(path: Path, precision: str = "fp32") -> Graph:
    """Open a .xml file: inputs and outputs in the graph's order, on as many threads as torch has now."""
    import openvino

    return _compile(openvino.Core().read_model(path), precision)


def prepare(module: nn.Module, inputs: Sequence[Tensor], precision: str) -> Graph:
    """Convert in memory and compile; ``bf16`` is OpenVINO's own choice of what runs in it."""
    return _compile(_convert(module, inputs), precision)


def _convert(module: nn.Module, inputs: Sequence[Tensor]) -> Any:
    import openvino

    with quiet_exporter(), torch.no_grad():
        return openvino.convert_model(torch.export.export(module, tuple(inputs)))


def _compile(model: Any, precision: str) -> Graph:
    import openvino

    threads = torch.get_num_threads()
    settings: dict[str, Any] = {
        "INFERENCE_NUM_THREADS": threads,
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": PRECISION_HINTS[precision],
    }
    if threads == 1:
        # On one thread OpenVINO 2026.4 crashes while it compiles fused attention of some graphs, our init among them.
        settings["SNIPPETS_MODE"] = "DISABLE"
    compiled = openvino.Core().compile_model(model, "CPU", settings)
    request = compiled.create_infer_request()
    outputs = range(len(compiled.outputs))

    def run(*tensors: Tensor) -> tuple[Tensor, ...]:
        # Inputs are read where they are; results are copied, because the request writes the next ones over them.
        request.infer([tensor.contiguous().numpy() for tensor in tensors], share_inputs=True)
        return tuple(torch.from_numpy(request.get_output_tensor(index).data.copy()) for index in outputs)

    return run
