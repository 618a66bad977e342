"""A ``.pt2`` archive, looked through before torch sees it.

``torch.export.load`` runs what an archive tells it to: pickled weights and constants, the sample inputs, compiled
libraries, expressions of sizes, guards, and operators by any name below ``torch``. What is read here is only what a
network with fixed sizes needs: tables of names and shapes, plain numbers, and a graph of torch's own operators. Torch
is given a new archive made of just that, so that it cannot read another thing than what was checked.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from evalkit.errors import InputError

HINT = "write it again with stdtrack export, with torch 2.9 or later"

_MODEL = "models/model.json"
_TABLES = {
    "weights": "data/weights/model_weights_config.json",
    "constants": "data/constants/model_constants_config.json",
}
_SAMPLES = "data/sample_inputs/model.pt"
_PLAIN = frozenset({"archive_format", "archive_version", "byteorder", ".data/version", ".data/serialization_id"})
_NUMBERS = re.compile(r"data/(weights|constants)/((?:weight|tensor)_\d+)$")

# No text that reaches generated code can hold more than a name.
_NAME = re.compile(r"[\w.:+]*", re.ASCII)
_OPERATOR = re.compile(r"torch\.ops\.aten\.(\w+)\.(\w+)", re.ASCII)
_TREES = frozenset({"builtins.tuple", "builtins.list", "builtins.dict"})
_VALUES = frozenset(
    {"tensor", "tensors", "int", "ints", "float", "floats", "bool", "bools", "none", "string", "strings"}
    | {"scalar_type", "device", "layout", "memory_format", "optional_tensor", "optional_tensors", "complex"}
)

_DAMAGED = (
    *(OSError, EOFError, ValueError, LookupError, AttributeError, TypeError, RuntimeError),
    *(zipfile.BadZipFile, zlib.error),
)


class _RefusedError(Exception):
    """Entry and reason."""


def checked_archive(path: Path) -> io.BytesIO:
    """The archive with everything in it that could run taken out or refused.

    Raises:
        InputError: it is no such archive, or an entry (which is named) could run code or is not needed.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _rewritten(_entries(archive, path.stat().st_size))
    except _RefusedError as error:
        raise InputError(str(error), path=path, hint=HINT) from error
    except _DAMAGED as error:
        raise InputError(f"is no .pt2 archive: {error}", path=path, hint=HINT) from error


def _entries(archive: zipfile.ZipFile, size: int) -> dict[str, bytes]:
    """Contents by name without the folder that all share; every name is one that a network needs."""
    entries: dict[str, bytes] = {}
    for info in archive.infolist():
        _, _, name = info.filename.partition("/")
        if name in entries:
            raise _RefusedError(f"entry '{_short(info.filename)}' is there twice")
        if not (name in {_MODEL, _SAMPLES, *_TABLES.values()} | _PLAIN or _NUMBERS.match(name)):
            raise _RefusedError(f"entry '{_short(info.filename)}' has no place in a network and is not read")
        if info.compress_type != zipfile.ZIP_STORED or info.file_size > size:
            raise _RefusedError(f"entry '{_short(info.filename)}' is packed, or longer than the file")
        entries[name] = archive.read(info)
    return entries


def _rewritten(entries: Mapping[str, bytes]) -> io.BytesIO:
    content = dict(entries)
    for kind, name in _TABLES.items():
        content[name] = _dump(_checked_table(_parse(entries, name), kind, name, entries))
    content[_MODEL] = _dump(_checked_model(_parse(entries, _MODEL)))
    content[_SAMPLES] = b""  # a pickle that only tells an exporter what it was called with
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in content.items():
            archive.writestr(f"network/{name}", data)
    buffer.seek(0)
    return buffer


def _parse(entries: Mapping[str, bytes], name: str) -> Any:
    if name not in entries:
        raise _RefusedError(f"entry '{name}' is missing")
    return json.loads(entries[name].decode("utf-8"))


def _dump(value: Any) -> bytes:
    return json.dumps(value).encode("utf-8")


def _checked_table(table: Any, kind: str, name: str, entries: Mapping[str, bytes]) -> Any:
    """Weights or constants: each names an entry of plain numbers."""
    for key, payload in table["config"].items():
        file = str(payload["path_name"])
        if payload.get("use_pickle", True) is not False:
            raise _RefusedError(
                f"entry '{name}' says that '{_short(key)}' ({_short(file)}) is a pickle, which could run any code"
            )
        match = _NUMBERS.match(f"data/{kind}/{file}")
        if match is None or match[0] not in entries:
            raise _RefusedError(f"entry '{name}' names '{_short(file)}' as the numbers of '{_short(key)}'")
    _check_texts(table, name)
    return table


def _checked_model(model: Any) -> Any:
    """The graph, with fixed sizes and without notes about the source that it came from."""
    if model.get("guards_code") or model.get("range_constraints"):
        raise _RefusedError(f"entry '{_MODEL}' has guards or sizes that are expressions, which would be run")
    module = model["graph_module"]
    whole = [entry for entry in module["module_call_graph"] if entry["fqn"] == ""]
    for tree in ("in_spec", "out_spec"):
        _check_tree(json.loads(whole[0]["signature"][tree])[1])
    for node in module["graph"]["nodes"]:
        _check_operator(str(node["target"]))
        node["metadata"] = {}
    trees = [whole[0]["signature"].pop(tree) for tree in ("in_spec", "out_spec")]
    module |= {"module_call_graph": whole, "metadata": {}, "treespec_namedtuple_fields": {}}
    _check_texts(model, _MODEL)
    whole[0]["signature"] |= dict(zip(("in_spec", "out_spec"), trees, strict=True))
    return model


def _check_operator(target: str) -> None:
    match = _OPERATOR.fullmatch(target)
    packet = getattr(torch.ops.aten, match[1], None) if match else None
    operator = getattr(packet, match[2], None) if match else None
    if not isinstance(operator, torch._ops.OpOverload):
        raise _RefusedError(f"entry '{_MODEL}' calls '{_short(target)}', which is no operator of torch.ops.aten")
    if any(argument.name in ("filename", "path") for argument in operator._schema.arguments):
        raise _RefusedError(f"entry '{_MODEL}' calls '{target}', which opens files")


def _check_tree(tree: Any) -> None:
    """How inputs and outputs are nested: tuples, lists and dicts alone."""
    kind, context = tree["type"], tree["context"]
    if kind is not None and (kind not in _TREES or "{" in str(context)):
        raise _RefusedError(f"entry '{_MODEL}' nests its inputs or outputs in a '{_short(str(kind))}'")
    for child in tree["children_spec"]:
        _check_tree(child)


def _check_texts(value: Any, name: str) -> None:
    """Every text is a name, and every value of a kind that holds numbers, tensors or names."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key.startswith("as_") and key.removeprefix("as_") not in _VALUES:
                raise _RefusedError(f"entry '{name}' holds a value '{_short(key)}', which has no place in a network")
            _check_texts(key, name)
            _check_texts(item, name)
    elif isinstance(value, list):
        for item in value:
            _check_texts(item, name)
    elif isinstance(value, str) and not _NAME.fullmatch(value):
        raise _RefusedError(f"entry '{name}' holds the text {_short(value)!r}, which is no name")


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "..."
