"""Steps that were exported once and are kept in the user's cache, proven beside the network itself at every load."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import torch
from torch import Tensor, nn

from evalkit.errors import InputError
from evalkit.files import partial_folder
from evalkit.private_cache import PrivateCache
from profiling import backends
from profiling.backends import FileFormat, Graph, onnx

GRAPHS = PrivateCache("graphs", re.compile(r"\.?[0-9a-f]{64}\.onnx.*"), most_entries=32, most_bytes=1 << 30)
"""Where they are kept. ``onnx`` is the one backend whose step is a single file."""

KEPT = ("onnx", "fp32")
EXPORTERS = ("torch", "onnx", "onnxscript")
"""Packages that write the file."""
TOLERANCE = 1e-4
"""Largest difference of a kept step from the network itself; that of ONNX Runtime is about 1e-5."""


def prepared(backend: str, module: nn.Module, inputs: Sequence[Tensor], precision: str = "fp32") -> Graph:
    """The module on a backend, as :func:`profiling.backends.prepare` makes it, from the cache where it can be.

    A kept file that does not open, or answers otherwise than the module, is made anew.

    Raises:
        InputError: the backend or its precision does not exist, or is not installed; what is kept by this module,
            when it was just made, answers otherwise than the module.
    """
    form = backends.check(backend, precision).file
    if (backend, precision) != KEPT or form is None:
        return backends.prepare(backend, module, inputs, precision)
    path = GRAPHS.path(f"{step_digest(module, inputs)}{form.suffix}")
    kept = None if path is None else _opened(form, path)
    if kept is None or not _faithful(kept, module, inputs):
        kept = _made(form, path, module, inputs)
        if not _faithful(kept, module, inputs):
            raise InputError(f"the step for '{backend}' answers otherwise than the network", hint="?backend=eager")
    return kept


def _opened(form: FileFormat, path: Path) -> Graph | None:
    """The kept file as a function, None if it is not there, not the user's own, or damaged."""
    try:
        GRAPHS.read(path)
        return form.load(path, "fp32")
    except (InputError, OSError):
        return None


def _made(form: FileFormat, path: Path | None, module: nn.Module, inputs: Sequence[Tensor]) -> Graph:
    """Export, keep the file where there is a place for it, and open it."""
    with partial_folder(Path(tempfile.gettempdir()) / "stdtrack-onnx") as folder:
        exported = folder / f"step{form.suffix}"
        form.export(module.eval(), inputs, exported, (), ())
        if path is not None:
            with suppress(InputError, OSError):  # a cache that cannot be written is left alone
                GRAPHS.write(path, exported.read_bytes())
        return form.load(exported, "fp32")


def _faithful(graph: Graph, module: nn.Module, inputs: Sequence[Tensor]) -> bool:
    """On a crop of noise, every output is the module's within :data:`TOLERANCE`."""
    crop = torch.rand(inputs[0].shape, generator=torch.Generator().manual_seed(0))
    try:
        with torch.inference_mode():
            pairs = list(zip(graph(crop, *inputs[1:]), module(crop, *inputs[1:]), strict=True))
    except Exception:  # noqa: BLE001 - a graph of other inputs; ONNX Runtime's errors have no class in common
        return False
    return all((one.double() - other.double()).abs().max() <= TOLERANCE for one, other in pairs)


def step_digest(module: nn.Module, inputs: Sequence[Tensor]) -> str:
    """Hexadecimal digest of all that an exported file depends on: weights, shapes, the network's code, its exporter.

    A module's settings are taken from its text: the proof on one crop need not show a threshold that differs. A file of
    an older exporter may answer alike and take longer.
    """
    digest = hashlib.sha256(repr([(name, version(name)) for name in EXPORTERS]).encode())
    digest.update(repr([(tuple(tensor.shape), tensor.dtype) for tensor in inputs]).encode())
    digest.update(str(module).encode())
    for file in _code():
        digest.update(file.read_bytes())
    for name, tensor in module.state_dict().items():
        digest.update(name.encode() + bytes(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy()))
    return digest.hexdigest()


def _code() -> list[Path]:
    """The files that say what is exported, and how: the network, its graphs, the backend."""
    package = Path(__file__).parents[1]
    return [*sorted(package.glob("model/*.py")), *sorted(package.glob("inference/*.py")), Path(onnx.__file__)]
