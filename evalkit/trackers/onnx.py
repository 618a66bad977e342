"""Published trackers as ONNX files: ``onnx:NAME?weights=DIR``, one adapter file a tracker."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from evalkit.errors import InputError
from evalkit.imports import optional_module
from evalkit.suggestions import suggestion
from evalkit.trackers.base import Tracker
from evalkit.trackers.onnx_file import open_session, read_onnx, start_session
from evalkit.trackers.options import check_names

ADAPTERS: Mapping[str, tuple[str, str]] = {
    "nanotrack_v2": ("evalkit.trackers.nanotrack", "nanotrack_v2"),
    "nanotrack_v3": ("evalkit.trackers.nanotrack", "nanotrack_v3"),
    "fear_xs": ("evalkit.trackers.fear", "fear_xs"),
    "lighttrack": ("evalkit.trackers.lighttrack", "lighttrack"),
    "vittrack": ("evalkit.trackers.vittrack", "vittrack"),
}
NAMES = tuple(ADAPTERS)

Tensor = NDArray[np.float32]


@dataclass(frozen=True)
class OnnxNetwork:
    """A network file and the shapes of its inputs: what a profiler needs to count it."""

    path: Path
    inputs: Mapping[str, tuple[int, ...]]


class Session:
    """An ONNX network on the CPU, called with arrays by input name.

    ``dynamic`` makes height and width of its inputs free: a backbone is exported for the search size but runs on
    templates too. Threads follow ``OMP_NUM_THREADS`` as everywhere else, through ``threads``.

    Attributes:
        path: the file.
        listener: told the file's name and the inputs before each call, such as to gather samples of them.
    """

    def __init__(self, path: Path, threads: int, *, dynamic: bool = False) -> None:
        self.path = path
        self.listener: Callable[[str, Mapping[str, Tensor]], None] | None = None
        _import("onnxruntime")
        _import("onnx")
        if dynamic:
            self._session = start_session(path, _with_free_size(path), threads)
        else:
            self._session = open_session(path, threads)

    def __call__(self, **inputs: Tensor) -> list[Tensor]:
        """Outputs in the order of the graph."""
        if self.listener is not None:
            self.listener(self.path.name, inputs)
        outputs: list[Tensor] = self._session.run(None, inputs)
        return outputs

    def by_name(self, **inputs: Tensor) -> dict[str, Tensor]:
        """Outputs by the names in the graph."""
        names = [output.name for output in self._session.get_outputs()]
        return dict(zip(names, self(**inputs), strict=True))


@runtime_checkable
class OnnxTracker(Tracker, Protocol):
    """A tracker whose networks are ONNX files."""

    @property
    def sessions(self) -> tuple[Session, ...]:
        """The networks, each once."""


def create(name: str, options: Mapping[str, str]) -> OnnxTracker:
    """Entry point of the prefix ``onnx``; options are ``weights`` (folder, needed) and ``threads`` (default 1).

    Raises:
        InputError: unknown name or option, a missing extra, folder or file.
    """
    if name not in ADAPTERS:
        raise InputError(f"no ONNX tracker '{name}'", hint=suggestion(name, ADAPTERS))
    check_names(f"onnx:{name}", options, ("weights", "threads"))
    if "weights" not in options:
        raise InputError(f"onnx:{name} needs its network files", hint=f"write onnx:{name}?weights=DIR")
    threads = options.get("threads", "1")
    if not threads.isdigit() or int(threads) < 1:
        raise InputError(f"onnx:{name}: threads={threads} is no positive number")
    folder = Path(options["weights"]).expanduser()
    if not folder.is_dir():
        raise InputError("no such folder of network files", path=folder)
    module, attribute = ADAPTERS[name]
    factory: Callable[[Path, int], OnnxTracker] = getattr(import_module(module), attribute)
    return factory(folder, int(threads))


def network_file(folder: Path, pattern: str) -> Path:
    """The one file in ``folder`` that matches; raises InputError when there is none or a choice."""
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        problem = f"no file {pattern}" if not found else f"several files {pattern}"
        raise InputError(problem, path=folder, hint="give the folder of one tracker's ONNX files as weights=DIR")
    return found[0]


def facts(*files: Path) -> dict[str, str]:
    """Facts for the run manifest: the files, their joint sha256, backend and device."""
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    return {
        "weights": ", ".join(file.name for file in files),
        "weights_sha256": digest,
        "backend": f"onnxruntime {_import('onnxruntime').__version__}",
        "device": "cpu",
    }


def _with_free_size(path: Path) -> bytes:
    """The model with free input height and width; recorded shapes that followed from them are dropped."""
    model = read_onnx(path)
    weights = {tensor.name for tensor in model.graph.initializer}
    for value in [*(value for value in model.graph.input if value.name not in weights), *model.graph.output]:
        for axis, label in ((2, "height"), (3, "width")):
            value.type.tensor_type.shape.dim[axis].dim_param = f"{value.name}_{label}"
    del model.graph.value_info[:]
    content: bytes = model.SerializeToString()
    return content


def _import(name: str) -> Any:
    try:
        return optional_module(name)
    except ImportError as error:
        raise InputError(f"onnx: trackers need {name}", hint="pip install 'stdtrack[export]'") from error
