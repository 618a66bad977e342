"""MACs of an ONNX graph, from its nodes and inferred shapes: nothing is run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qsl

from numpy.typing import NDArray

from evalkit.errors import InputError, one_line
from evalkit.imports import optional_module
from evalkit.trackers.onnx_file import read_onnx
from profiling.complexity.by_module import ModuleCount
from profiling.complexity.count import Complexity, Uncounted, reject_unknown

COUNTER = "ONNX graph, inferred shapes"

NO_MACS: Mapping[str, frozenset[str]] = {
    "element-wise": frozenset(
        {"Add", "Sub", "Mul", "Div", "Pow", "Sqrt", "Exp", "Log", "Neg", "Abs", "Erf", "Clip", "Relu", "LeakyRelu"}
        | {
            "PRelu",
            "QuantizeLinear",
            "DequantizeLinear",
            "DynamicQuantizeLinear",
            "Elu",
            "Gelu",
            "Sigmoid",
            "HardSigmoid",
            "HardSwish",
            "Tanh",
            "Where",
            "Equal",
            "Greater",
            "Less",
        }
        | {"Min", "Max", "Not", "And", "Or", "Cast", "Identity", "Dropout", "Softplus", "Floor", "Ceil", "Reciprocal"}
        | {"QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear"}
    ),
    "normalisation": frozenset(
        {"BatchNormalization", "LayerNormalization", "InstanceNormalization", "GroupNormalization", "LpNormalization"}
    ),
    "softmax": frozenset({"Softmax", "LogSoftmax"}),
    "pooling": frozenset({"GlobalAveragePool", "GlobalMaxPool", "AveragePool", "MaxPool"}),
    "resampling": frozenset({"Resize", "Upsample", "GridSample"}),
    "reduction": frozenset({"ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ArgMax", "ArgMin", "TopK", "CumSum"}),
    "shape and indexing": frozenset(
        {"Reshape", "Transpose", "Concat", "Split", "Slice", "Squeeze", "Unsqueeze", "Flatten", "Expand", "Gather"}
        | {"GatherElements", "GatherND", "Scatter", "ScatterElements", "ScatterND", "Pad", "Tile", "Shape", "Range"}
        | {"Constant", "ConstantOfShape", "DepthToSpace", "SpaceToDepth", "NonZero", "Size", "Trilu"}
    ),
}

_CLASS_OF = {name: label for label, names in NO_MACS.items() for name in names}

Shapes = Mapping[str, tuple[int, ...]]


class NetworkFile(Protocol):
    """An ONNX file and the shapes of its inputs, as an adapter shows them."""

    @property
    def path(self) -> Path:
        """The file."""

    @property
    def inputs(self) -> Shapes:
        """By name of an input."""


def count_networks(networks: tuple[NetworkFile, ...], *, allow_uncounted: bool = False) -> Complexity:
    """Count several networks that run one after the other; each is a row of ``by_module`` named by its file.

    Raises:
        InputError: an operator is neither counted nor known to have no MACs, unless ``allow_uncounted``.
    """
    counts = [_count_file(network) for network in networks]
    calls: Counter[tuple[str, str | None]] = Counter()
    for result in counts:
        for entry in result.uncounted:
            calls[entry.operator, entry.reason] += entry.calls
    total = ModuleCount("", sum(result.parameters for result in counts), sum(result.macs for result in counts))
    uncounted = tuple(Uncounted(name, number, why) for (name, why), number in sorted(calls.items(), key=str))
    reject_unknown(uncounted, allow_uncounted)
    return Complexity(
        parameters=total.parameters,
        macs=total.macs,
        bytes_moved=sum(result.bytes_moved for result in counts),
        by_module=(total, *(row for result in counts for row in result.by_module)),
        uncounted=uncounted,
        counter=COUNTER,
    )


@dataclass(frozen=True)
class OnnxFile:
    """A file and the shapes of its inputs."""

    path: Path
    inputs: Shapes


def onnx_file(spec: str) -> OnnxFile | None:
    """The file that ``model.onnx?NAME=1x3x256x256&...`` names; None for any other spec.

    Sizes come from the file where it fixes them; a free first one, the batch, is 1.

    Raises:
        InputError: there is no such file, no such input, or a size is neither in the file nor in the spec.
    """
    name, _, query = spec.partition("?")
    if not name.lower().endswith(".onnx"):
        return None
    path, given = Path(name), dict(parse_qsl(query, keep_blank_values=True))
    graph = read_onnx(path).graph
    weights = {tensor.name for tensor in graph.initializer}
    inputs = {value.name: value.type.tensor_type.shape.dim for value in graph.input if value.name not in weights}
    for key in given:
        if key not in inputs:
            raise InputError(f"has no input '{key}'", path=path, hint=f"there are: {', '.join(inputs)}")
    return OnnxFile(path, {key: _sizes(key, dims, given.get(key), path) for key, dims in inputs.items()})


def _sizes(name: str, dims: Any, given: str | None, path: Path) -> tuple[int, ...]:
    sizes = [dim.dim_value or (1 if axis == 0 else 0) for axis, dim in enumerate(dims)]
    if given is not None:
        parts = given.split("x")
        if len(parts) != len(sizes) or not all(part.isdecimal() and 0 < int(part) < 2**31 for part in parts):
            raise InputError(f"'{name}={given}' are no {len(sizes)} sizes", path=path, hint=f"{name}=1x3x256x256")
        fixed = [dim.dim_value for dim in dims]
        if any(size and size != int(part) for size, part in zip(fixed, parts, strict=True)):
            shown = "x".join(str(size or "?") for size in fixed)
            raise InputError(f"the file fixes '{name}' to {shown}, not {given}", path=path)
        return tuple(int(part) for part in parts)
    if 0 in sizes:
        shown = "x".join(str(size or "?") for size in sizes)
        hint = f"write '{path.name}?{name}=1x3x256x256' with the sizes"
        raise InputError(f"input '{name}' has free sizes: {shown}", path=path, hint=hint)
    return tuple(sizes)


def weight_tensors(network: NetworkFile) -> list[NDArray[Any]]:
    """The floating-point constants of the graph: its parameters."""
    onnx = _onnx()
    tensors = read_onnx(network.path).graph.initializer
    return [onnx.numpy_helper.to_array(tensor) for tensor in tensors if tensor.data_type in _floating_types()]


def _count_file(network: NetworkFile) -> Complexity:
    graph = _inferred_graph(network)
    shapes, sizes = _shapes_and_sizes(graph)
    macs, bytes_moved = 0, 0
    uncounted: Counter[str] = Counter()
    for node in graph.node:
        here = _node_macs(node, _Shapes(shapes, node, network.path))
        if here is None:
            uncounted[node.op_type] += 1
        else:
            macs += here
        bytes_moved += sum(sizes.get(name, 0) for name in (*node.input, *node.output))
    parameters = sum(prod(tensor.dims) for tensor in graph.initializer if tensor.data_type in _floating_types())
    return Complexity(
        parameters,
        macs,
        bytes_moved,
        (ModuleCount(network.path.stem, parameters, macs),),
        tuple(Uncounted(name, number, _CLASS_OF.get(name)) for name, number in uncounted.items()),
        COUNTER,
    )


def _onnx() -> Any:
    try:
        return optional_module("onnx")
    except ImportError as error:
        raise InputError("counting an ONNX network needs onnx", hint="pip install 'stdtrack[export]'") from error


def _floating_types() -> frozenset[int]:
    kinds = _onnx().TensorProto
    return frozenset({kinds.FLOAT, kinds.FLOAT16, kinds.DOUBLE, kinds.BFLOAT16})


def _inferred_graph(network: NetworkFile) -> Any:
    """The graph with the given input shapes written into it, and every other shape inferred from them."""
    onnx = _onnx()
    model = read_onnx(network.path)
    for value in model.graph.input:
        if value.name in network.inputs:
            dims = value.type.tensor_type.shape.dim
            for dim, size in zip(dims, network.inputs[value.name], strict=True):
                dim.dim_value = size
    for value in model.graph.output:
        value.type.tensor_type.ClearField("shape")
    del model.graph.value_info[:]
    try:
        return onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True).graph
    except Exception as error:
        raise InputError(f"its shapes do not fit together: {one_line(error)}", path=network.path) from error


def _shapes_and_sizes(graph: Any) -> tuple[dict[str, tuple[int, ...]], dict[str, int]]:
    """Shapes by tensor name, and bytes (four an element; the graphs at hand are float32)."""
    shapes = {
        value.name: tuple(dim.dim_value for dim in value.type.tensor_type.shape.dim)
        for value in (*graph.input, *graph.value_info, *graph.output)
    }
    shapes |= {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    return shapes, {name: 4 * prod(shape) for name, shape in shapes.items()}


_WEIGHTS_OF = {"Conv": 1, "ConvInteger": 1, "QLinearConv": 3, "ConvTranspose": 1}
"""Which input holds a convolution's weights."""


class _Shapes(dict[str, tuple[int, ...]]):
    """Shapes of a contraction's operands: all sizes are needed."""

    def __init__(self, shapes: Shapes, node: Any, path: Path) -> None:
        super().__init__(shapes)
        self._node, self._path = node, path

    def __getitem__(self, name: str) -> tuple[int, ...]:
        shape = self.get(name, (0,))
        if 0 in shape:
            problem = f"the size of '{name[:80]}' at a {self._node.op_type} is not known"
            raise InputError(problem, path=self._path, hint="give the inputs' sizes: model.onnx?NAME=1x3x256x256")
        return shape


def _node_macs(node: Any, shapes: Shapes) -> int | None:
    """MACs of a contraction; None for any other node."""
    if node.op_type in _WEIGHTS_OF:
        spread = node.input[0] if node.op_type == "ConvTranspose" else node.output[0]
        return prod(shapes[spread]) * prod(shapes[node.input[_WEIGHTS_OF[node.op_type]]][1:])
    if node.op_type in ("MatMul", "MatMulInteger", "QLinearMatMul"):
        return prod(shapes[node.output[0]]) * shapes[node.input[0]][-1]
    if node.op_type == "Gemm":
        transposed = any(attribute.name == "transA" and attribute.i for attribute in node.attribute)
        return prod(shapes[node.output[0]]) * shapes[node.input[0]][0 if transposed else 1]
    return None
