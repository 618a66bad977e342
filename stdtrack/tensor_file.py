"""Tensors in a safetensors file: a table of names, types and shapes in JSON, then plain numbers. Nothing is run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from torch import Tensor

from evalkit.errors import InputError

# First bytes of what torch.save writes: a zip archive, or a bare pickle of protocol 2 and above.
PICKLE_MARKS = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")


@dataclass(frozen=True)
class TensorFile:
    """What a file holds.

    Attributes:
        tensors: by name, on the CPU.
        metadata: texts that were written beside them.
    """

    tensors: dict[str, Tensor]
    metadata: Mapping[str, str]


def read_tensors(path: Path) -> TensorFile:
    """Read a safetensors file.

    Raises:
        InputError: there is no such file, it is a pickle, its table is damaged, names a tensor twice, or lies about
            lengths, or a tensor is of a type that torch does not have.
    """
    start = first_bytes(path, 4)
    try:
        with safe_open(path, framework="pt") as archive:
            metadata = archive.metadata() or {}
            tensors: dict[str, Tensor] = {key: archive.get_tensor(key) for key in archive.keys()}  # noqa: SIM118
    except (SafetensorError, RuntimeError, TypeError, ValueError, AttributeError) as error:
        # Only now: a safetensors file begins with its header's length, which may look like a pickle's mark.
        if start.startswith(PICKLE_MARKS):
            hint = "save it with safetensors"
            raise InputError("is a pickle, which could run any code", path=path, hint=hint) from error
        raise InputError(f"is no safetensors file: {str(error).splitlines()[0]}", path=path) from error
    _refuse_repeated_names(path)
    return TensorFile(tensors, metadata)


def first_bytes(path: Path, count: int) -> bytes:
    """The beginning of a file of weights; raises InputError where there is no regular file, or none to be read."""
    if path.exists() and not path.is_file():
        raise InputError("is no regular file", path=path, hint="weights are one safetensors file")
    try:
        with path.open("rb") as file:
            return file.read(count)
    except OSError as error:
        raise InputError(f"cannot read the checkpoint: {error.strerror}", path=path) from error


def _refuse_repeated_names(path: Path) -> None:
    """The library keeps the last of two tensors of one name; another reader may keep the first."""
    with path.open("rb") as file:
        table = file.read(int.from_bytes(file.read(8), "little"))  # a length that safe_open has checked

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        for name, times in Counter(name for name, _ in pairs).items():
            if times > 1:
                raise InputError(f"its header names '{name[:80]}' twice", path=path)
        return dict(pairs)

    json.loads(table, object_pairs_hook=unique)
