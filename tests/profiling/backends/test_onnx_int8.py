"""The static quantiser: what becomes eight bits, what stays in float, and what it needs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from evalkit.errors import InputError
from profiling.backends import onnx
from profiling.backends.onnx_int8 import Quantiser, _Reader, fits, input_shapes, relative_error

pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")


class Small(nn.Module):
    """Two convolutions, the first one of an image, and a linear map of the map's mean."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1)
        self.linear = nn.Linear(8, 5)

    def forward(self, image: torch.Tensor, shift: torch.Tensor) -> tuple[torch.Tensor, ...]:
        map_BCHW = torch.relu(self.second(torch.relu(self.first(image))))
        return (self.linear(map_BCHW.mean((2, 3))) + shift,)


def samples(count: int) -> list[dict[str, np.ndarray]]:
    random = np.random.default_rng(0)
    shapes = {"image": (1, 3, 16, 16), "shift": (1, 5)}
    return [
        {name: random.normal(size=shape).astype(np.float32) for name, shape in shapes.items()} for _ in range(count)
    ]


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("network") / "small.onnx"
    torch.manual_seed(0)
    onnx.export(Small(), (torch.zeros(1, 3, 16, 16), torch.zeros(1, 5)), path, ("image", "shift"), ("y",))
    return path


def run(path: Path, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
    graph = onnx.load(path)
    return [output.numpy() for output in graph(*(torch.from_numpy(inputs[name]) for name in ("image", "shift")))]


def shapes_in_bytes(path: Path) -> list[tuple[int, ...]]:
    """Of weights in signed bytes."""
    import onnx as library

    tensors = library.load(path).graph.initializer
    return [tuple(one.dims) for one in tensors if one.data_type == library.TensorProto.INT8 and len(one.dims) > 1]


def test_layers_in_eight_bits_answer_almost_alike(network: Path, tmp_path: Path) -> None:
    quantiser = Quantiser.of(network, samples(8), tmp_path)
    assert len(quantiser.layers) == 2, "the second convolution and the linear map"
    whole, alone, rest = (tmp_path / f"{name}.onnx" for name in ("whole", "alone", "rest"))
    quantiser.write(whole)
    quantiser.write_alone(alone, quantiser.layers[0])
    quantiser.write(rest, quantiser.layers[:1])
    fresh = samples(9)[-1]
    assert 0.0 < relative_error(run(whole, fresh), run(network, fresh)) < 1e-3
    assert sorted(map(len, shapes_in_bytes(whole))) == [2, 4]
    assert shapes_in_bytes(alone) == [(8, 8, 3, 3)]
    assert [len(shape) for shape in shapes_in_bytes(rest)] == [2]


def test_what_leaves_a_product_stays_in_float(network: Path, tmp_path: Path) -> None:
    import onnx as library

    Quantiser.of(network, samples(8), tmp_path).write(tmp_path / "eight.onnx")
    graph = library.load(tmp_path / "eight.onnx").graph
    makers = {name: node.op_type for node in graph.node for name in node.output}
    rounded = {makers.get(node.input[0]) for node in graph.node if node.op_type == "QuantizeLinear"}
    assert "Relu" in rounded
    assert not rounded & {"Gemm", "MatMul", "Add"}


@pytest.mark.parametrize("name", ["", "same"])
def test_nodes_without_names_of_their_own(network: Path, tmp_path: Path, name: str) -> None:
    """As in FEAR-XS's published file: what stays in float is said by name."""
    import onnx as library

    unnamed = library.load(network)
    for node in unnamed.graph.node:
        node.name = name
    library.save(unnamed, tmp_path / "unnamed.onnx")
    quantiser = Quantiser.of(tmp_path / "unnamed.onnx", samples(8), tmp_path)
    quantiser.write(tmp_path / "eight.onnx")
    assert len(set(quantiser.layers)) == 2
    assert sorted(shapes_in_bytes(tmp_path / "eight.onnx"), key=len)[-1] == (8, 8, 3, 3)


def test_ranges_are_found_once(network: Path, tmp_path: Path) -> None:
    """By the first call, whatever its layers: another one finds the ranges of all tensors that it needs."""
    quantiser = Quantiser.of(network, samples(2), tmp_path)
    quantiser.write(tmp_path / "first.onnx")
    ranges = quantiser.ranges.read_bytes()
    quantiser.write_alone(tmp_path / "second.onnx", quantiser.layers[1])
    assert quantiser.ranges.read_bytes() == ranges
    assert np.isfinite(run(tmp_path / "second.onnx", samples(1)[0])[0]).all()


def test_a_single_extreme_does_not_widen_a_range(network: Path, tmp_path: Path) -> None:
    """A hundred thousand values and one of a thousand: by the extremes, a step of the range would be four."""
    given = samples(128)
    given[5]["image"][0, 0, 0, 0] = 1000.0
    Quantiser.of(network, given, tmp_path).write(tmp_path / "eight.onnx")
    fresh = samples(129)[-1]
    assert relative_error(run(tmp_path / "eight.onnx", fresh), run(network, fresh)) < 5e-3


def test_samples_are_read_in_whole_strides() -> None:
    reader = _Reader.of([{"x": np.array(index)} for index in range(19)])
    assert (len(reader), reader.stride) == (16, 8)
    reader.set_range(8, 16)
    assert [int(sample["x"]) for sample in iter(reader.get_next, None)] == list(range(8, 16))
    few = _Reader.of([{"x": np.array(0)}] * 3)
    assert (len(few), few.stride) == (3, 3)


def test_what_it_cannot_do(network: Path, tmp_path: Path) -> None:
    other = [{"image": np.zeros((1, 3, 8, 8), np.float32), "shift": np.zeros((1, 5), np.float32)}]
    with pytest.raises(InputError, match=r"no sample of its inputs .*takes image \[1, 3, 16, 16\], shift \[1, 5\]"):
        Quantiser.of(network, other, tmp_path)
    (tmp_path / "broken.onnx").write_bytes(b"nothing")
    with pytest.raises(InputError, match="no ONNX file"):
        Quantiser.of(tmp_path / "broken.onnx", other, tmp_path)


def test_a_free_size_takes_any(network: Path) -> None:
    assert input_shapes(network) == {"image": (1, 3, 16, 16), "shift": (1, 5)}
    sample = {"image": np.zeros((4, 3))}
    assert fits(sample, {"image": (None, 3)})
    assert not fits(sample, {"image": (None, 4)})
    assert not fits(sample, {"image": (None, 3, 1)})
    assert not fits(sample, {"other": (None, 3)})
