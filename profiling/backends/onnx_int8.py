"""ONNX Runtime's quantisers: networks in eight bits, with activations' ranges found on the fly or from samples."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.errors import InputError, one_line
from evalkit.files import atomic
from evalkit.imports import optional_module
from evalkit.trackers.onnx_file import check_onnx, digest_onnx, read_onnx
from profiling.backends.onnx_layers import LAYERS, layers_in_eight_bits, name_nodes
from profiling.backends.quiet import quiet_exporter

MADE_OF = "stdtrack.made_of"
"""In the metadata of a quantised network: the digest of the one that it was made of, and what made it."""
DYNAMIC = {"per_channel": True, "op_types_to_quantize": ["MatMul"]}
"""How :func:`quantised` asks for it."""
PRODUCTS = ("Gemm", "MatMul")
"""Layers that give floats: what follows them, attention, an activation or a residual, computes in floats anyway."""
BETWEEN = ("Relu", "Clip", "Pad", "Resize", "MaxPool", "Flatten")
"""Operators between convolutions that hand eight bits on, so that layers need not convert there and back."""

PERCENTILE = 99.99
"""Share of an activation's values, in percent, that its range covers: single extremes would make its steps coarse."""
AT_ONCE = 8
"""Samples whose activations are held in memory together."""

Arrays = Mapping[str, NDArray[Any]]
"""A network's inputs by name."""


def quantised(path: Path) -> Path:
    """Write ``<name>.int8.onnx`` beside a .onnx file: signed weights, one scale a channel.

    One that was made of the same network in the same way by the same version of ONNX Runtime is taken as it is.

    Raises:
        InputError: the folder cannot be written, or a file of this name lies there that this function did not write.
    """
    runtime: Any = optional_module("onnxruntime")
    target, digest = path.with_suffix(".int8.onnx"), f"{digest_onnx(path)} {runtime.__version__} {DYNAMIC}"
    if target.is_file() and _made_of(target) == digest:
        return target
    quantization: Any = optional_module("onnxruntime.quantization")

    network = read_onnx(path)  # of a path, the inferred shapes would be written beside the file
    network.metadata_props.add(key=MADE_OF, value=digest)
    hint = "the int8 network is kept beside the other one: copy that to a folder that can be written"
    with quiet_exporter(), atomic(target, hint=hint) as temporary:
        signed = quantization.QuantType.QInt8
        quantization.quantize_dynamic(network, temporary, weight_type=signed, **DYNAMIC)
    return target


def _made_of(path: Path) -> str:
    """What a quantised network says it was made of, and by what."""
    for entry in check_onnx(path).metadata_props:
        if entry.key == MADE_OF:
            return str(entry.value)
    problem = "does not say which network it was made of, and may be of another one"
    raise InputError(problem, path=path, hint="move it away, and it is made anew; or profile it by its own name")


@dataclass(frozen=True)
class Quantiser:
    """A network and samples of its inputs, made ready for the static quantiser.

    Attributes:
        network: the file, with batch norms folded and shapes inferred.
        samples: inputs that ranges of activations are taken from.
        ranges: where they are kept, so that they are found once.
    """

    network: Path
    samples: Sequence[Arrays]
    ranges: Path

    @classmethod
    def of(cls, path: Path, samples: Sequence[Arrays], folder: Path) -> Quantiser:
        """Of a .onnx file; ``folder`` is for files of the quantiser's own.

        Raises:
            InputError: ONNX Runtime cannot prepare the network, or no sample fits its inputs.
        """
        preparation: Any = optional_module("onnxruntime.quantization.shape_inference")
        shapes = input_shapes(path)
        fitting = [sample for sample in samples if fits(sample, shapes)]
        if not fitting:
            wanted = ", ".join(f"{name} {list(shape)}" for name, shape in shapes.items())
            raise InputError("no sample of its inputs to quantise it with", path=path, hint=f"it takes {wanted}")
        target = folder / f"{path.stem}.ready.onnx"
        try:
            with quiet_exporter():
                preparation.quant_pre_process(str(path), target, skip_symbolic_shape=True)
        except Exception as error:
            raise InputError(f"ONNX Runtime cannot quantise it: {one_line(error)}", path=path) from error
        name_nodes(target)
        return cls(target, fitting, folder / f"{path.stem}.ranges.json")

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the nodes that round in eight bits, in the graph's order."""
        return layers_in_eight_bits(check_onnx(self.network).graph)

    def write(self, target: Path, in_float: Collection[str] = ()) -> None:
        """Write the network with its layers, all but some, in eight bits: signed weights, one scale a channel.

        Activations are unsigned, one range each, which covers :data:`PERCENTILE` of their values over the samples.

        Raises:
            InputError: the folder cannot be written.
        """
        left = {node.name for node in check_onnx(self.network).graph.node if node.op_type in LAYERS} - {*self.layers}
        self._write(target, [*LAYERS, *BETWEEN], nodes_to_exclude=[*left, *in_float])

    def write_alone(self, target: Path, layer: str) -> None:
        """Write the network with one layer in eight bits, and nothing else; raises as :meth:`write` does."""
        self._write(target, LAYERS, nodes_to_quantize=[layer])

    def _write(self, target: Path, operators: Sequence[str], **nodes: Sequence[str]) -> None:
        quantization: Any = optional_module("onnxruntime.quantization")
        reader = _Reader.of(self.samples)
        with quiet_exporter(), atomic(target) as temporary:
            quantization.quantize_static(
                self.network,
                temporary,
                None if self.ranges.exists() else reader,
                op_types_to_quantize=list(operators),
                **nodes,
                per_channel=True,
                activation_type=quantization.QuantType.QUInt8,
                weight_type=quantization.QuantType.QInt8,
                calibrate_method=quantization.CalibrationMethod.Percentile,
                extra_options={
                    "CalibPercentile": PERCENTILE,
                    "CalibStridedMinMax": reader.stride,
                    "OpTypesToExcludeOutputQuantization": PRODUCTS,
                },
                calibration_cache_path=self.ranges,
            )


@dataclass
class _Reader:
    """ONNX Runtime's CalibrationDataReader, which hands out a range of its samples at a time.

    Attributes:
        samples: whole strides of them.
    """

    samples: Sequence[Arrays]
    stride: int
    _samples: Iterator[Arrays] = field(default_factory=lambda: iter(()))

    @classmethod
    def of(cls, samples: Sequence[Arrays]) -> _Reader:
        """Of as many as make whole strides; of all if there is no whole one."""
        stride = min(AT_ONCE, len(samples))
        return cls(samples[: len(samples) // stride * stride], stride)

    def __len__(self) -> int:
        return len(self.samples)

    def set_range(self, start_index: int, end_index: int) -> None:
        self._samples = iter(self.samples[start_index:end_index])

    def get_next(self) -> dict[str, NDArray[Any]] | None:
        sample = next(self._samples, None)
        return None if sample is None else dict(sample)


def input_shapes(path: Path) -> Mapping[str, tuple[int | None, ...]]:
    """The network's inputs, weights left out, with their sizes in the graph's order; None for a free size."""
    graph = check_onnx(path).graph
    weights = {tensor.name for tensor in graph.initializer}
    return {
        value.name: tuple(size.dim_value or None for size in value.type.tensor_type.shape.dim)
        for value in graph.input
        if value.name not in weights
    }


def input_types(path: Path) -> Mapping[str, np.dtype[Any]]:
    """The kind of number that each of :func:`input_shapes` holds."""
    onnx: Any = optional_module("onnx")
    types = {value.name: value.type.tensor_type.elem_type for value in check_onnx(path).graph.input}
    return {name: onnx.helper.tensor_dtype_to_np_dtype(types[name]) for name in input_shapes(path)}


def fits(sample: Arrays, shapes: Mapping[str, tuple[int | None, ...]]) -> bool:
    """Whether a sample has all inputs, in these sizes."""
    return sample.keys() == shapes.keys() and all(
        len(shape) == sample[name].ndim
        and all(want in (None, size) for want, size in zip(shape, sample[name].shape, strict=True))
        for name, shape in shapes.items()
    )


def relative_error(outputs: Sequence[NDArray[Any]], truth: Sequence[NDArray[Any]]) -> float:
    """Mean over the floating-point outputs of the squared difference, as a share of the output's own square.

    >>> relative_error([np.array([1.0, 2.0])], [np.array([0.0, 2.0])])
    0.25
    """
    shares = [
        float(np.square(one - other).sum() / max(np.square(other).sum(), np.finfo(np.float32).tiny))
        for one, other in zip(outputs, truth, strict=True)
        if np.issubdtype(other.dtype, np.floating)
    ]
    return float(np.mean(shares))
