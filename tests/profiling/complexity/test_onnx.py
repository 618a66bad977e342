"""ONNX graphs counted by hand formulas."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evalkit.errors import InputError
from evalkit.trackers.onnx import OnnxNetwork
from profiling.complexity.onnx import count_networks
from profiling.complexity.report import count_parts

onnx = pytest.importorskip("onnx")
helper = onnx.helper


def save(path: Path, nodes: list[Any], inputs: dict[str, tuple[int, ...]], weights: dict[str, tuple[int, ...]]) -> None:
    """A float32 graph whose last node gives the output; weights are ones."""
    kind = onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info(name, kind, shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info(nodes[-1].output[0], kind, None)],
        [onnx.numpy_helper.from_array(np.ones(shape, np.float32), name) for name, shape in weights.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), path)


CASES: dict[str, tuple[Any, dict[str, tuple[int, ...]], dict[str, tuple[int, ...]], int]] = {
    "grouped convolution": (
        helper.make_node("Conv", ["x", "w"], ["y"], group=2, strides=[2, 2], pads=[1, 1, 1, 1]),
        {"x": (1, 4, 9, 9)},
        {"w": (6, 2, 3, 3)},
        6 * 5 * 5 * 2 * 9,
    ),
    "transposed convolution": (
        helper.make_node("ConvTranspose", ["x", "w"], ["y"], strides=[2, 2]),
        {"x": (1, 4, 9, 9)},
        {"w": (4, 5, 2, 2)},
        4 * 81 * 5 * 4,
    ),
    "matrix product": (helper.make_node("MatMul", ["x", "w"], ["y"]), {"x": (3, 5, 7)}, {"w": (7, 11)}, 3 * 5 * 7 * 11),
    "transposed Gemm": (
        helper.make_node("Gemm", ["x", "w"], ["y"], transA=1, transB=1),
        {"x": (7, 5)},
        {"w": (11, 7)},
        5 * 7 * 11,
    ),
    "no MACs": (helper.make_node("Relu", ["x"], ["y"]), {"x": (3, 5)}, {}, 0),
}


@pytest.mark.parametrize("case", CASES)
def test_equals_the_hand_formula(case: str, tmp_path: Path) -> None:
    node, inputs, weights, macs = CASES[case]
    save(tmp_path / "net.onnx", [node], inputs, weights)
    result = count_networks((OnnxNetwork(tmp_path / "net.onnx", inputs),))
    assert result.macs == macs
    assert result.parameters == sum(int(np.prod(shape)) for shape in weights.values())
    assert [row.module for row in result.by_module] == ["", "net"]


def test_unknown_operator_is_an_error_unless_allowed(tmp_path: Path) -> None:
    save(tmp_path / "net.onnx", [helper.make_node("Det", ["x"], ["y"])], {"x": (4, 4)}, {})
    networks = (OnnxNetwork(tmp_path / "net.onnx", {"x": (4, 4)}),)
    with pytest.raises(InputError, match="Det"):
        count_networks(networks)
    assert count_networks(networks, allow_uncounted=True).uncounted[0].reason is None


def test_weights_that_two_files_share_are_counted_once(tmp_path: Path) -> None:
    node, inputs, weights, _ = CASES["matrix product"]
    for name in ("init", "frame"):
        save(tmp_path / f"{name}.onnx", [node], inputs, weights)
    parts = {name: (OnnxNetwork(tmp_path / f"{name}.onnx", inputs),) for name in ("frame", "init")}
    report = count_parts("test", parts)
    assert report.parameters == 77
    assert list(report.parts) == ["init", "frame"]


def test_published_peers_are_as_small_as_published(shared: Path) -> None:
    from evalkit.trackers.spec import load_tracker

    spec = f"onnx:fear_xs?weights={shared / 'weights' / 'fear_xs'}"
    report = count_parts(spec, load_tracker(spec).complexity_parts())  # type: ignore[attr-defined]
    # Its paper: 1.37 M parameters, 0.478 GMACs.
    assert report.parameters == pytest.approx(1.37e6, rel=0.05)
    assert report.parts["frame"].macs == pytest.approx(0.478e9, rel=0.05)
