"""One step of the network: tensors in, tensors out."""

from __future__ import annotations

import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture

from profiling import backends
from profiling.complexity.tensors import TensorsOnly, tensors_in
from stdtrack.configs import VARIANTS
from stdtrack.model import STDTrack
from stdtrack.tracker import STDTracker


@pytest.mark.parametrize(
    ("variant", "backend"), [*((name, "eager") for name in VARIANTS), ("nano", "onnx"), ("nano", "openvino")]
)
def test_step(benchmark: BenchmarkFixture, variant: str, backend: str) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    tracker = STDTracker(STDTrack(VARIANTS[variant]).eval())
    module, inputs = tracker.complexity_parts()["frame"]
    tensors = tensors_in(inputs)
    graph = backends.prepare(backend, TensorsOnly(module, inputs), tensors)
    with torch.inference_mode():
        outputs = benchmark(graph, *tensors)
    assert all(bool(torch.isfinite(output).all()) for output in outputs if output.is_floating_point())
