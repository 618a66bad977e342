"""Which layers of an ONNX network are worth eight bits: small graphs of one node each kind."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from profiling.backends.onnx_layers import layers_in_eight_bits, name_nodes

onnx = pytest.importorskip("onnx")

KERNELS = {"image": (16, 3, 3, 3), "patch": (16, 3, 16, 16), "alone": (16, 1, 3, 3), "wide": (16, 16, 1, 1)}
"""Of convolutions: output channels, input channels of one group, rows, columns."""


def graph(*nodes: tuple[str, str, tuple[str, ...], str], outputs: tuple[str, ...] = ("y",)) -> object:
    """Of (name, operator, inputs, output); every input whose name is one of a kernel's is a weight."""
    weights = [onnx.numpy_helper.from_array(np.zeros(shape, np.float32), name) for name, shape in KERNELS.items()] + [
        onnx.numpy_helper.from_array(np.zeros((8, 8), np.float32), "matrix")
    ]
    made = [onnx.helper.make_node(operator, inputs, [output], name) for name, operator, inputs, output in nodes]
    values = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in ("x", *outputs)]
    return onnx.helper.make_graph(made, "graph", values[:1], values[1:], weights)


@pytest.mark.parametrize(("kernel", "rounds"), [("image", False), ("patch", True), ("alone", True), ("wide", True)])
def test_short_convolutions_stay_in_float(kernel: str, rounds: bool) -> None:
    found = layers_in_eight_bits(graph(("first", "Conv", ("x", kernel), "a"), ("second", "Gemm", ("a", "matrix"), "y")))
    assert found == (("first", "second") if rounds else ("second",))


def test_products_of_two_activations_stay_in_float() -> None:
    found = layers_in_eight_bits(
        graph(("own", "MatMul", ("x", "matrix"), "a"), ("attention", "MatMul", ("a", "x"), "y"))
    )
    assert found == ("own",)


def test_convolutions_that_answer_stay_in_float() -> None:
    """Behind activations too, and on every way to an output; a norm or another layer begins anew."""
    found = layers_in_eight_bits(
        graph(
            ("body", "Conv", ("x", "wide"), "a"),
            ("score", "Conv", ("a", "wide"), "b"),
            ("squashed", "Sigmoid", ("b",), "y"),
            ("residual", "Conv", ("a", "wide"), "c"),
            ("sum", "Add", ("c", "a"), "d"),
            ("norm", "LayerNormalization", ("d", "matrix"), "z"),
            ("size", "Conv", ("z", "wide"), "w"),
            outputs=("y", "z", "w"),
        )
    )
    assert found == ("body", "residual")


def test_every_node_gets_a_name_of_its_own(tmp_path: Path) -> None:
    nodes = [
        ("", "Relu", ("x",), "a"),
        ("same", "Relu", ("a",), "b"),
        ("same", "Relu", ("b",), "c"),
        ("Relu_0", "Relu", ("c",), "y"),
    ]
    path = tmp_path / "named.onnx"
    onnx.save(onnx.helper.make_model(graph(*nodes)), path)
    name_nodes(path)
    names = [node.name for node in onnx.load(path).graph.node]
    assert names == ["Relu_0_", "Relu_1", "Relu_2", "Relu_0"]
