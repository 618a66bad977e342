"""Stems of published trackers, read from their ONNX files.

Both files hold batch norm folded into the convolutions already, and list their layers in the order of computation:
``fear_xs_noembs_track.onnx`` (FEAR-XS, MIT) and ``nanotrack_backbone.onnx`` (NanoTrack v3, Apache-2.0). What follows
the stem in a file is not read.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn

from evalkit.errors import InputError
from evalkit.trackers.onnx_file import read_onnx
from stdtrack.configs import PIXELS, Stem
from stdtrack.model.stem import ConvolutionalStem, InvertedResidual

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto

LAYERS = ("Conv", "Gemm")


def load_published(stem: nn.Module, name: Stem, path: Path) -> None:
    """Fill a stem from a published tracker's ONNX file, in place.

    Args:
        stem: of the layout ``name``.
        path: the ONNX file.

    Raises:
        InputError: the stem is of no published tracker, the file cannot be read, or its layers are others.
    """
    if not isinstance(stem, ConvolutionalStem) or name == "efficientnet_lite0":
        raise InputError(f"no tracker's weights fit the stem '{name}'", hint="stem_weights goes with a tracker's stem")
    graph = read_graph(path)
    published = layers_in(graph)
    with torch.no_grad():
        for number, layer in enumerate(layers_of(stem), start=1):
            weight, bias = next(published, (torch.empty(0), torch.empty(0)))
            own = cast("Tensor", layer.bias)
            if weight.shape != layer.weight.shape or bias.shape != own.shape:
                raise InputError(
                    f"layer {number} has the shape {tuple(weight.shape)}, '{name}' needs {tuple(layer.weight.shape)}",
                    path=path,
                    hint="is it the file of another tracker?",
                )
            layer.weight.copy_(weight)
            own.copy_(bias)
        if name == "nanotrack_v3":  # its channels are blue, green, red
            stem.first.weight.copy_(stem.first.weight.flip(1))
        stem.first.weight.mul_(pixel_scale(graph) * torch.tensor(PIXELS[name][1])[:, None, None] * 255)


def layers_of(stem: ConvolutionalStem) -> Iterator[nn.Conv2d | nn.Linear]:
    """The stem's layers in the order of computation, without the projection, which no published network has."""
    yield stem.first
    for block in stem.blocks:
        assert isinstance(block, InvertedResidual)
        yield from (module for module in block.modules() if isinstance(module, (nn.Conv2d, nn.Linear)))


def read_graph(path: Path) -> GraphProto:
    """The graph of an ONNX file; raises InputError when the package ``onnx`` is missing or the file cannot be read."""
    try:
        graph: GraphProto = read_onnx(path).graph
    except ImportError as error:
        raise InputError("reading ONNX files needs onnx", hint="pip install 'stdtrack[train]'") from error
    return graph


def constants_of(node: NodeProto, graph: GraphProto) -> list[Tensor]:
    """Those of a node's inputs that are stored in the graph."""
    from onnx import numpy_helper

    stored = {tensor.name: tensor for tensor in graph.initializer}
    return [torch.from_numpy(numpy_helper.to_array(stored[key]).copy()) for key in node.input if key in stored]


def layers_in(graph: GraphProto) -> Iterator[tuple[Tensor, Tensor]]:
    """Weight and bias of every convolution and linear layer of a graph that has both, in the order of its nodes."""
    for node in graph.node:
        constants = constants_of(node, graph) if node.op_type in LAYERS else []
        if len(constants) == 2:
            yield constants[0], constants[1]


def pixel_scale(graph: GraphProto) -> Tensor:
    """What a graph multiplies its pixels (0 to 255) by before the first convolution: (3, 1, 1), or a single 1."""
    for node in graph.node:
        if node.op_type in LAYERS:
            break
        if node.op_type == "Mul":
            return constants_of(node, graph)[0][0]
    return torch.ones(1, 1, 1)
