"""Which layers of an ONNX network can round in eight bits, and which are better left in float."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evalkit.imports import optional_module
from evalkit.trackers.onnx_file import read_onnx

LAYERS = ("Conv", "Gemm", "MatMul")
"""Operators that may hold weights."""
SCALING = "LayerNormalization"
"""What follows it no longer has the range of what stood before."""
IMAGE_CHANNELS, FEW_PRODUCTS = 4, 64
"""A convolution of an image that sums at most so many products, such as 3 x 3 pixels, takes longer in eight bits."""


def layers_in_eight_bits(graph: Any) -> tuple[str, ...]:
    """Names of the layers of a graph that gain by eight bits, in its order.

    In float stay products of two activations, such as attention's; short convolutions of an image; and the last
    convolutions, whose results are the answer: scores, offsets and sizes of one map would share a range of 256 steps.

    Args:
        graph: an onnx GraphProto whose nodes have names of their own.
    """
    weights = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    last = _last_convolutions(graph)
    return tuple(
        node.name
        for node in graph.node
        if node.op_type in LAYERS
        and node.input[1] in weights
        and node.name not in last
        and not _is_short(node, weights)
    )


def _is_short(node: Any, weights: Mapping[str, Sequence[int]]) -> bool:
    if node.op_type != "Conv":
        return False
    _, channels, *kernel = weights[node.input[1]]
    return 1 < channels <= IMAGE_CHANNELS and channels * math.prod(kernel) <= FEW_PRODUCTS


def _last_convolutions(graph: Any) -> frozenset[str]:
    """Names of the convolutions from which an output is made without another layer, or a norm, between."""
    makers = {name: node for node in graph.node for name in node.output}
    last, seen, following = set(), set(), [output.name for output in graph.output]
    while following:
        node = makers.get(following.pop())
        if node is None or node.name in seen:
            continue
        seen.add(node.name)
        if node.op_type == "Conv":
            last.add(node.name)
        if node.op_type not in (*LAYERS, SCALING):
            following.extend(node.input)
    return frozenset(last)


def name_nodes(path: Path) -> None:
    """Give every node of a .onnx file a name of its own: the quantiser is told by names what to leave in float."""
    onnx: Any = optional_module("onnx")
    network = read_onnx(path)
    taken = Counter(node.name for node in network.graph.node)
    for index, node in enumerate(network.graph.node):
        if not node.name or taken[node.name] > 1:
            node.name = f"{node.op_type}_{index}"
            while node.name in taken:
                node.name += "_"
    onnx.save(network, path)
