"""Kinds of modules that a count must not get wrong, or refuse: each with the figure worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from evalkit.errors import InputError
from profiling.complexity.front import count
from profiling.complexity.parts import checked_part
from profiling.complexity.report import count_parts


class Marked(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(64, 64)

    def forward(self, x: Tensor) -> Tensor:
        with torch.profiler.record_function("backbone"):
            return self.linear(x)


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(64, 64), nn.Linear(64, 64)
        self.second.weight = self.first.weight

    def forward(self, x: Tensor) -> Tensor:
        return self.second(self.first(x))


class IntegerProduct(nn.Module):
    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return torch._int_mm(a, b)


class Checkpointed(Marked):
    def forward(self, x: Tensor) -> Tensor:
        return torch.utils.checkpoint.checkpoint(self.linear, x, use_reentrant=False)  # type: ignore[no-any-return]


def report(module: nn.Module, *inputs: Any) -> Any:
    return count_parts("test", {"frame": (module, inputs)})


BYTES = torch.ones(32, 32, dtype=torch.int8)


@pytest.mark.parametrize(
    ("module", "inputs", "parameters", "macs"),
    [
        (Marked(), (torch.ones(3, 64),), 64 * 64 + 64, 3 * 64 * 64),
        (nn.DataParallel(nn.Linear(64, 64)), (torch.ones(2, 64),), 64 * 64 + 64, 2 * 64 * 64),
        (IntegerProduct(), (BYTES, BYTES), 0, 32**3),
        (Tied(), (torch.ones(3, 64),), 64 * 64 + 2 * 64, 2 * 3 * 64 * 64),
        (Checkpointed(), (torch.ones(3, 64),), 64 * 64 + 64, 3 * 64 * 64),
    ],
)
def test_counts(module: nn.Module, inputs: tuple[Any, ...], parameters: int, macs: int) -> None:
    found = report(module, *inputs)
    whole = next(row for row in found.as_json()["by_module"] if row["module"] == "") if parameters else None
    assert found.parameters == parameters
    assert found.parts["frame"].macs == macs
    assert found.parts["frame"].parameters == parameters
    assert whole is None or whole["parameters"] == parameters


def test_each_part_of_tied_weights_has_them_and_the_whole_has_them_once() -> None:
    rows = {row.module: row.parameters for row in report(Tied(), torch.ones(3, 64)).parts["frame"].by_module}
    assert rows == {"": 4224, "first": 4160, "second": 4160}


def frozen() -> nn.Module:
    network = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU()).eval()
    return torch.jit.freeze(torch.jit.script(network))


def quantised() -> nn.Module:
    network = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 8))
    return torch.ao.quantization.quantize_dynamic(network, {nn.Linear}, dtype=torch.qint8)


@pytest.mark.filterwarnings("ignore")  # freezing and quantising are deprecated, and in use
@pytest.mark.parametrize(
    ("make", "image", "parameters", "macs"),
    [
        (frozen, (1, 3, 16, 16), 8 * 27 + 8, 14 * 14 * 8 * 27),
        (quantised, (1, 64), 64 * 64 + 64 + 64 * 8 + 8, 64 * 64 + 64 * 8),
    ],
)
def test_weights_that_are_constants_are_counted_and_told(
    make: Callable[[], nn.Module], image: tuple[int, ...], parameters: int, macs: int
) -> None:
    found = report(make(), torch.ones(image))
    assert found.parameters == found.inlined == parameters
    assert found.as_json()["inlined_parameters"] == parameters
    assert found.parts["frame"].macs == macs
    assert report(Tied(), torch.ones(1, 64)).inlined == 0


class Named(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)

    def forward(self, search: Tensor, *, template: Tensor | None = None) -> Tensor:
        result = self.conv(search)
        return result if template is None else result + self.conv(template).sum()


TEMPLATE, SEARCH = torch.ones(1, 3, 32, 32), torch.ones(1, 3, 64, 64)


@pytest.mark.parametrize(
    "part",
    [
        (Named(), {"template": TEMPLATE, "search": SEARCH}),
        (Named(), (SEARCH,), {"template": TEMPLATE}),
        (Named(), [SEARCH], {"template": TEMPLATE}),
    ],
)
def test_keywords(part: tuple[Any, ...]) -> None:
    module, inputs = checked_part("test", part)
    found = report(module, *inputs)
    assert found.parts["frame"].macs == (30 * 30 + 62 * 62) * 8 * 27
    assert [row.module for row in found.parts["frame"].by_module] == ["", "conv"]
    assert found.parameters == 224
    assert not found.disagreement


@pytest.mark.parametrize("part", [(Named(), 3), (Named(), {}, {}), (Named(), (), ()), (3, {}), (Named(), (), {}, {})])
def test_what_are_no_inputs(part: tuple[Any, ...]) -> None:
    with pytest.raises(InputError, match=r"is not \(module, example_inputs\)"):
        checked_part("test", part)


def write_onnx(path: Path, dims: list[Any], quantised: bool = False) -> Path:
    """One convolution 3 x 3 from 3 to 8 channels, of floats or of bytes."""
    onnx = pytest.importorskip("onnx")
    helper, kinds = onnx.helper, onnx.TensorProto
    kind, result = (kinds.UINT8, kinds.INT32) if quantised else (kinds.FLOAT, kinds.FLOAT)
    weight = np.ones((8, 3, 3, 3), np.uint8 if quantised else np.float32)
    graph = helper.make_graph(
        [helper.make_node("ConvInteger" if quantised else "Conv", ["image", "w"], ["y"])],
        "graph",
        [helper.make_tensor_value_info("image", kind, dims)],
        [helper.make_tensor_value_info("y", result, None)],
        [onnx.numpy_helper.from_array(weight, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    path.write_bytes(model.SerializeToString())
    return path


@pytest.mark.parametrize("quantised", [False, True])
@pytest.mark.parametrize(
    ("dims", "query"), [([1, 3, 16, 16], ""), (["n", 3, 16, 16], ""), (["n", 3, "h", "w"], "?image=1x3x16x16")]
)
def test_a_live_onnx_file_is_a_spec(tmp_path: Path, dims: list[Any], query: str, quantised: bool) -> None:
    path = write_onnx(tmp_path / "model.onnx", dims, quantised)
    found = count(f"{path}{query}")
    assert found.parts["frame"].macs == 14 * 14 * 8 * 27


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("", "input 'image' has free sizes: 1x3x[?]x[?]"),
        ("?other=1", "has no input 'other'"),
        ("?image=1x3x16", "are no 4 sizes"),
        ("?image=1x3x0x16", "are no 4 sizes"),
        ("?image=axbxcxd", "are no 4 sizes"),
        ("?image=1x4x16x16", "the file fixes 'image'"),
    ],
)
def test_sizes_of_a_live_onnx_file(tmp_path: Path, query: str, problem: str) -> None:
    path = write_onnx(tmp_path / "model.onnx", ["n", 3, "h", "w"])
    with pytest.raises(InputError, match=problem):
        count(f"{path}{query}")
    with pytest.raises(InputError, match="no such file"):
        count(str(tmp_path / "absent.onnx"))
