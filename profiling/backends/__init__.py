"""Ways to run a module: from a module and example inputs to a function of the same tensors.

Every backend is one file with ``prepare(module, inputs, precision)``. What it takes and returns are flat tensors;
:class:`profiling.complexity.tensors.TensorsOnly` makes such a module out of any other. Threads follow torch's setting
at the time of preparing.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from torch import Tensor, nn

from evalkit.errors import InputError
from evalkit.imports import is_installed
from evalkit.suggestions import suggestion

Graph: TypeAlias = Callable[..., tuple[Tensor, ...]]
"""Tensors in, tensors out, as the module's own forward."""


@dataclass(frozen=True)
class Backend:
    """Where a backend lives and what it can do.

    Attributes:
        module: the file with its ``prepare``.
        precisions: the first one is the default.
        needs: what must be importable.
        extra: the extra of this project that installs it, None where that is no extra of ours.
        devices: where it runs.
    """

    module: str
    precisions: tuple[str, ...] = ("fp32",)
    needs: tuple[str, ...] = ()
    extra: str | None = None
    devices: tuple[str, ...] = ("cpu",)


TORCH = ("cpu", "cuda")

BACKENDS: Mapping[str, Backend] = {
    "eager": Backend("profiling.backends.eager", ("fp32", "bf16"), devices=TORCH),
    "folded": Backend("profiling.backends.folded", devices=TORCH),
    "compile": Backend("profiling.backends.compiled", devices=TORCH),
    "torch-export": Backend("profiling.backends.exported"),
    "onnx": Backend("profiling.backends.onnx", ("fp32", "int8"), ("onnx", "onnxscript", "onnxruntime"), "export"),
    "openvino": Backend("profiling.backends.openvino", ("fp32", "bf16"), ("openvino",), "openvino"),
    "cuda-graphs": Backend("profiling.backends.cuda_graphs", devices=("cuda",)),
    "tensorrt": Backend("profiling.backends.tensorrt", ("fp32", "bf16"), ("torch_tensorrt",), devices=("cuda",)),
}


def prepare(name: str, module: nn.Module, inputs: Sequence[Tensor], precision: str = "fp32") -> Graph:
    """Make ``module``, called with tensors shaped like ``inputs``, run on the backend ``name``.

    Raises:
        InputError: there is no such backend or precision, or it is not installed.
    """
    check(name, precision)
    build: Callable[[nn.Module, Sequence[Tensor], str], Graph] = importlib.import_module(BACKENDS[name].module).prepare
    return build(module.eval(), inputs, precision)


def load(name: str, path: Path, precision: str = "fp32") -> Graph:
    """Open a file that the backend's ``export`` wrote; backends without files have no ``load``."""
    check(name, precision)
    opening: Callable[[Path, str], Graph] = importlib.import_module(BACKENDS[name].module).load
    return opening(path, precision)


def look_through(name: str, path: Path) -> None:
    """Raise the InputError of a file that :func:`load` would refuse unopened; nothing is loaded here."""
    looking: Callable[[Path], object] = importlib.import_module(BACKENDS[name].module).look_through
    looking(path)


def check(name: str, precision: str = "fp32", device: str | None = None) -> None:
    """Raise the InputError that :func:`prepare` would raise, before anything is built."""
    if name not in BACKENDS:
        raise InputError(f"no backend '{name}'", hint=suggestion(name, BACKENDS))
    backend = BACKENDS[name]
    if precision not in backend.precisions:
        hint = suggestion(precision, backend.precisions)
        raise InputError(f"backend '{name}' has no precision '{precision}'", hint=hint)
    if device is not None and device.partition(":")[0] not in backend.devices:
        raise InputError(f"backend '{name}' does not run on {device}", hint=f"it runs on {', '.join(backend.devices)}")
    for needed in backend.needs:
        if not is_installed(needed):
            hint = f"pip install 'stdtrack[{backend.extra}]'" if backend.extra else f"pip install {needed}"
            raise InputError(f"backend '{name}' needs {needed}, which is not installed", hint=hint)


def fold(module: nn.Module) -> nn.Module:
    """The module's own inference form, if it has one (``fold()``), else the module itself."""
    folding: Callable[[], nn.Module] | None = getattr(module, "fold", None)
    return module if folding is None else folding()
