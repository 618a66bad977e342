"""ONNX files, looked through before they are opened: weights outside of a file lie in its folder, and are all there.

A file's graph is data: ONNX Runtime has no operator that opens files, and no library of further operators is loaded.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from evalkit.errors import InputError, one_line
from evalkit.imports import optional_module

PROVIDERS = ["CPUExecutionProvider"]

_IN_MEMORY = "_ORT_MEM_ADDR_"
"""By a file of this name ONNX Runtime means an address in its own memory."""


def read_onnx(path: Path) -> Any:
    """The network with all its weights, as onnx's ModelProto.

    Raises:
        InputError: it is no ONNX file, or names weights that are not wholly in a file of its folder.
        ImportError: onnx is not installed.
    """
    onnx: Any = optional_module("onnx")
    network = check_onnx(path)
    try:
        onnx.load_external_data_for_model(network, str(path.parent))
    except Exception as error:
        raise InputError(f"its weights cannot be read: {one_line(error)}", path=path) from error
    return network


def check_onnx(path: Path) -> Any:
    """The network without what lies in other files; raises as :func:`read_onnx` does."""
    onnx: Any = optional_module("onnx")
    if not path.is_file():
        raise InputError("is no ONNX file: there is no such file", path=path)
    try:
        network = onnx.load(path, load_external_data=False)
    except Exception as error:
        raise InputError(f"is no ONNX file: {one_line(error)}", path=path) from error
    if not network.HasField("graph"):
        raise InputError("is no ONNX file: it holds no graph", path=path)
    for tensor in _tensors(network):
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            _check_outside(tensor.name, {entry.key: entry.value for entry in tensor.external_data}, path)
    return network


def digest_onnx(path: Path) -> str:
    """SHA-256 of the file and of those in which its weights lie, in hexadecimal; raises as :func:`check_onnx` does."""
    onnx: Any = optional_module("onnx")
    outside = [tensor for tensor in _tensors(check_onnx(path)) if tensor.data_location == onnx.TensorProto.EXTERNAL]
    names = {entry.value for tensor in outside for entry in tensor.external_data if entry.key == "location"}
    digest = hashlib.sha256()
    for file in (path, *(path.parent / name for name in sorted(names))):
        with file.open("rb") as content:
            digest.update(hashlib.file_digest(content, "sha256").digest())
    return digest.hexdigest()


def open_session(path: Path, threads: int) -> Any:
    """ONNX Runtime's session of a checked file, on the CPU; raises InputError where the runtime refuses it."""
    check_onnx(path)
    return start_session(path, str(path), threads)


def start_session(path: Path, network: str | bytes, threads: int) -> Any:
    """A session of what was read from ``path``; raises InputError where the runtime refuses it."""
    runtime: Any = optional_module("onnxruntime")
    options = session_options(threads)
    try:
        return runtime.InferenceSession(network, options, providers=PROVIDERS)
    except Exception as error:
        raise InputError(f"ONNX Runtime cannot open it: {one_line(error)}", path=path) from error


def session_options(threads: int) -> Any:
    """How ONNX Runtime runs every network here: one operator after another, each on so many threads.

    A thread without work sleeps at once: awake between frames that are read, it makes a tracker slower on the whole.
    """
    runtime: Any = optional_module("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def _tensors(message: Any) -> Iterator[Any]:
    """All tensors in a message: weights, constants, those of nested graphs and functions."""
    if message.DESCRIPTOR.name == "TensorProto":
        yield message
        return
    for field, value in message.ListFields():
        if field.message_type is not None:
            for item in value if field.is_repeated else (value,):
                yield from _tensors(item)


def _check_outside(tensor: str, entries: Mapping[str, str], path: Path) -> None:
    location = entries.get("location", "")
    problem = _problem(location, path.parent)
    if problem:
        raise InputError(f"the weights '{tensor[:80]}' lie in '{location[:80]}', {problem}", path=path)
    size = (path.parent / location).stat().st_size
    offset, length = (_count(entries.get(key, "0")) for key in ("offset", "length"))
    if offset is None or length is None or offset + length > size:
        problem = f"the weights '{tensor[:80]}' reach beyond '{location[:80]}', which has {size} bytes"
        raise InputError(problem, path=path)


def _problem(location: str, folder: Path) -> str:
    """Why a name stands for no file in the folder; empty if it does."""
    parts = PureWindowsPath(location).parts  # splits at both kinds of slash
    if PurePosixPath(location).is_absolute() or PureWindowsPath(location).anchor or ".." in parts:
        return "which is not in the file's folder"
    if not parts or _IN_MEMORY in location or "\0" in location:
        return "which is no file's name"
    steps = [folder.joinpath(*parts[: count + 1]) for count in range(len(parts))]
    if any(os.path.islink(step) for step in steps):
        return "which is a link"
    return "" if steps[-1].is_file() else "which is not there"


def _count(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None
