"""Ways to run a module: from a module and example inputs to a function of the same tensors.

Every backend is one file with a ``BACKEND``, and one line among the entry points of the group ``stdtrack.backends``;
another package brings one the same way. What a backend takes and returns are flat tensors;
:class:`profiling.complexity.tensors.TensorsOnly` makes such a module out of any other. Threads follow torch's setting
at the time of preparing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from torch import Tensor, nn

from evalkit.entry_points import Registry
from evalkit.errors import InputError
from evalkit.imports import is_installed
from evalkit.suggestions import suggestion

Graph: TypeAlias = Callable[..., tuple[Tensor, ...]]
"""Tensors in, tensors out, as the module's own forward."""


@dataclass(frozen=True)
class FileFormat:
    """Networks of a backend as files.

    Attributes:
        suffix: how a file ends.
        export: ``(module, inputs, path, input_names, output_names)`` writes the module for the inputs' shapes; a
            format without names takes no notice of them.
        load: ``(path, precision)`` opens a file, on as many threads as torch has now.
        look_through: raises the InputError of a file that ``load`` would refuse; nothing is loaded.
    """

    suffix: str
    export: Callable[[nn.Module, Sequence[Tensor], Path, Sequence[str], Sequence[str]], None]
    load: Callable[[Path, str], Graph]
    look_through: Callable[[Path], object]


@dataclass(frozen=True)
class Backend:
    """What a backend can do; nothing that it needs is imported before it is used.

    Attributes:
        prepare: ``(module, inputs, precision)`` makes the function of tensors.
        precisions: the first one is the default.
        needs: what must be importable.
        extra: the extra of this project that installs it, None where that is no extra of ours.
        devices: where it runs.
        file: its file format, if it has one.
    """

    prepare: Callable[[nn.Module, Sequence[Tensor], str], Graph]
    precisions: tuple[str, ...] = ("fp32",)
    needs: tuple[str, ...] = ()
    extra: str | None = None
    devices: tuple[str, ...] = ("cpu",)
    file: FileFormat | None = None


TORCH = ("cpu", "cuda")

ENTRY_POINT_GROUP = "stdtrack.backends"

BACKENDS: Registry[Backend] = Registry(
    ENTRY_POINT_GROUP, "backend", "profiling.backends.Backend", lambda _, backend: isinstance(backend, Backend)
)
"""Every backend of every installed package, by the name that users write."""


def formats() -> Mapping[str, FileFormat]:
    """The backends that have files, each with its format."""
    return {name: backend.file for name, backend in BACKENDS.importable().items() if backend.file is not None}


def prepare(name: str, module: nn.Module, inputs: Sequence[Tensor], precision: str = "fp32") -> Graph:
    """Make ``module``, called with tensors shaped like ``inputs``, run on the backend ``name``.

    Raises:
        InputError: there is no such backend or precision, or it is not installed.
    """
    return check(name, precision).prepare(module.eval(), inputs, precision)


def distinct(inputs: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """The inputs, copied where they share an object: an exporter would take two such arguments for one input."""
    seen: set[int] = set()
    copied = []
    for tensor in inputs:
        copied.append(tensor.clone() if id(tensor) in seen else tensor)
        seen.add(id(tensor))
    return tuple(copied)


def file_format(name: str) -> FileFormat:
    """The files of a backend.

    Raises:
        InputError: there is no such backend, or it has no files.
    """
    form = BACKENDS.find(name).file
    if form is None:
        raise InputError(f"'{name}' is no file format", hint=suggestion(name, formats()))
    return form


def check(name: str, precision: str = "fp32", device: str | None = None) -> Backend:
    """The backend of a name; raises the InputError that :func:`prepare` would raise, before anything is built."""
    backend = BACKENDS.find(name)
    if precision not in backend.precisions:
        hint = suggestion(precision, backend.precisions)
        raise InputError(f"backend '{name}' has no precision '{precision}'", hint=hint)
    if device is not None and device.partition(":")[0] not in backend.devices:
        raise InputError(f"backend '{name}' does not run on {device}", hint=f"it runs on {', '.join(backend.devices)}")
    for needed in backend.needs:
        if not is_installed(needed):
            hint = f"pip install 'stdtrack[{backend.extra}]'" if backend.extra else f"pip install {needed}"
            raise InputError(f"backend '{name}' needs {needed}, which is not installed", hint=hint)
    return backend
