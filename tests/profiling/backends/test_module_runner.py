"""Modules on backends that need nothing but torch; the others are tested with the tracker's own backends."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from evalkit.errors import InputError
from profiling import backends
from profiling.backends.module_runner import largest_difference, module_call, split_backend


class Foldable(nn.Module):
    """Two branches that fold into one."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.branches = nn.ModuleList([nn.Conv2d(3, 4, 1), nn.Conv2d(3, 4, 1)])

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        return {"sum": torch.stack([branch(x) for branch in self.branches]).sum(0)}

    def fold(self) -> nn.Module:
        return Folded(self)


class Folded(nn.Module):
    """One branch."""

    def __init__(self, whole: Foldable) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1)
        with torch.no_grad():
            first, second = whole.branches
            self.conv.weight.copy_(first.weight + second.weight)
            self.conv.bias.copy_(first.bias + second.bias)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        return {"sum": self.conv(x)}


IMAGE = (torch.zeros(1, 3, 8, 8),)


@pytest.mark.parametrize(("backend", "bound"), [("eager", 0.0), ("folded", 1e-5), ("torch-export", 1e-6)])
def test_difference_from_eager(backend: str, bound: float) -> None:
    assert largest_difference(Foldable(), IMAGE, backend) <= bound


def test_bf16_differs_from_eager_by_its_digits() -> None:
    difference = largest_difference(Foldable(), IMAGE, "eager:bf16")
    assert 1e-5 < difference < 0.1


class Broken(nn.Module):
    """Its folded form is right in one output and has a NaN in the other."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return x, x + 1.0

    def fold(self) -> nn.Module:
        return Undefined()


class Undefined(nn.Module):
    """One right output, one with a NaN."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return x, torch.full_like(x, torch.nan)


def test_a_backend_that_gives_nan_is_not_close_to_eager() -> None:
    assert largest_difference(Broken(), IMAGE, "folded") == torch.inf


def test_folded_is_what_runs() -> None:
    (output,) = module_call((Foldable(), IMAGE), "folded", "cpu")()
    assert output.shape == (1, 4, 8, 8)


@pytest.mark.parametrize(
    ("text", "device", "problem"),
    [
        ("onyx", None, "did you mean 'onnx'"),
        ("folded:int8", None, "no precision 'int8'"),
        ("cuda-graphs", "cpu", "does not run on cpu"),
        ("onnx", "cuda", "does not run on cuda"),
        ("tensorrt", "cuda", "pip install torch_tensorrt"),
    ],
)
def test_backends_that_cannot_be_had_say_why(text: str, device: str | None, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        split_backend(text, device)


def test_an_int8_network_appears_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quantization = pytest.importorskip("onnxruntime.quantization")
    from profiling.backends.onnx import export, quantised

    path, target = tmp_path / "net.onnx", tmp_path / "net.int8.onnx"
    export(nn.Linear(8, 8), (torch.zeros(1, 8),), path)
    quantise = quantization.quantize_dynamic

    def watched(network: object, output: Path, **options: object) -> None:
        quantise(network, output, **options)
        assert output.is_file()
        assert not target.is_file()  # another worker would open it

    monkeypatch.setattr(quantization, "quantize_dynamic", watched)
    target.mkdir()  # as good as a folder that cannot be written, for root too
    with pytest.raises(InputError, match=r"net\.int8\.onnx: cannot be written: .*copy that to a folder"):
        quantised(path)
    target.rmdir()
    assert quantised(path) == target
    assert sorted(each.name for each in tmp_path.iterdir()) == ["net.int8.onnx", "net.onnx"]
    assert quantised(path) == target  # is taken as it is: to write it again would fail above


def test_an_int8_network_is_of_the_network_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnxruntime.quantization")
    from profiling.backends.onnx import export, load, quantised

    path, inputs = tmp_path / "net.onnx", (torch.ones(1, 8),)
    answers = []
    for weight in (1.0, 2.0):
        module = nn.Linear(8, 8, bias=False)
        nn.init.constant_(module.weight, weight)
        export(module, inputs, path)
        answers.append(load(path, "int8")(*inputs)[0])
    assert torch.allclose(answers[0], torch.full((1, 8), 8.0), rtol=0.02)
    assert torch.allclose(answers[1], torch.full((1, 8), 16.0), rtol=0.02)
    target, written = quantised(path), (tmp_path / "net.int8.onnx").stat().st_mtime_ns
    assert quantised(path).stat().st_mtime_ns == written
    monkeypatch.setattr("onnxruntime.__version__", "0.1")
    assert quantised(path).stat().st_mtime_ns != written
    target.write_bytes(path.read_bytes())  # somebody's own
    with pytest.raises(InputError, match=r"net\.int8\.onnx: does not say which network.*move it away"):
        quantised(path)
    assert target.read_bytes() == path.read_bytes()


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_graphs_agree_with_eager() -> None:
    module = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU()).cuda()
    inputs = (torch.randn(1, 3, 32, 32, device="cuda"),)
    assert largest_difference(module, inputs, "cuda-graphs") < 1e-4


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_events_time_what_the_device_does() -> None:
    from itertools import islice

    from profiling.latency.cuda import EventRecorder, synchronise, throughput
    from profiling.latency.steps import module_steps

    square = torch.randn(4096, 4096, device="cuda")
    running = module_steps(lambda: square @ square, EventRecorder(), synchronise)
    steps = list(islice(running, 20))[5:]
    assert all(0 < step.stages["forward"] <= step.track for step in steps)
    assert throughput(running, 20) > 0


class Weighed(nn.Module):
    """Two inputs that count differently."""

    def forward(self, first: Tensor, second: Tensor) -> tuple[Tensor]:
        return (first + 2.0 * second,)


@pytest.mark.parametrize("backend", ["eager", "torch-export", "onnx", "openvino"])
def test_inputs_that_were_one_tensor_at_export_stay_two(backend: str) -> None:
    for needed in backends.BACKENDS[backend].needs:
        pytest.importorskip(needed)
    both = torch.rand(1, 3)
    graph = backends.prepare(backend, Weighed(), (both, both))
    (answer,) = graph(torch.full((1, 3), 5.0), torch.full((1, 3), 7.0))
    assert answer.tolist() == [[19.0, 19.0, 19.0]]
