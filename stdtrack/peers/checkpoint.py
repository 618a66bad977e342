"""Weights as authors released them: ``.pth`` and ``.pth.tar`` files, read without running what they say.

A published file is a pickle of tensors beside objects of the training code's classes. Tensors and containers are read;
every other class is a name (:mod:`stdtrack.peers.inert_pickle`). Safetensors files are read as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import torch
from safetensors.torch import save_file
from torch import Tensor

from evalkit.errors import InputError
from evalkit.files import atomic
from stdtrack.checkpoints import fitting, sha256
from stdtrack.peers.inert_pickle import Record
from stdtrack.peers.torch_file import PICKLE_MARKS, ZIP_MARK, Container, StoredTensor, numbers_of, opened
from stdtrack.tensor_file import first_bytes, read_tensors

STATES = ("net", "state_dict", "model")
"""Under which of these the weights lie; else the file is the weights themselves."""
NAMED = 3
"""As many tensors as a message names."""

Named: TypeAlias = Mapping[str, Tensor | StoredTensor]


@dataclass(frozen=True)
class Rules:
    """What a family's files may hold more or less than its network.

    Attributes:
        ignored: beginnings of names that do not belong to the network.
        optional: endings of names that may be missing.
    """

    ignored: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    def problem(self, found: Named, own: Mapping[str, Tensor]) -> str:
        """Why the tensors do not fit a network with the state ``own``; empty if they do."""
        found = {key: tensor for key, tensor in found.items() if not key.startswith(self.ignored or ("\0",))}
        missing = [key for key in own if key not in found and not key.endswith(self.optional or ("\0",))]
        unknown = [key for key in found if key not in own]
        shaped = [key for key in found if key in own and tuple(found[key].shape) != tuple(own[key].shape)]
        parts = [_listed("is missing", "are missing", missing), _listed("is unknown", "are unknown", unknown)]
        if shaped:
            one = shaped[0]
            shapes = f"(first {tuple(found[one].shape)}, the network needs {tuple(own[one].shape)})"
            parts.append(f"{_listed('has another shape', 'have other shapes', shaped)} {shapes}")
        return "; ".join(filter(None, parts))


NO_RULES = Rules()
"""The file is the network, no more and no less."""


def _listed(one: str, many: str, names: list[str]) -> str:
    if not names:
        return ""
    shown = ", ".join(f"'{name[:80]}'" for name in names[:NAMED])
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{shown}{more} {one if len(names) == 1 else many}"


def load_state(
    path: Path, own: Mapping[str, Tensor], rules: Rules, subject: str, other: Callable[[Named], str]
) -> dict[str, Tensor]:
    """The weights in a file, for a network with the state ``own``; floating types of another width are converted.

    Args:
        subject: the network's spec, for messages.
        other: the spec of another network that the tensors fit, empty if none does.

    Raises:
        InputError: the file is damaged, or its tensors or tables of indices are not those of the network; the
            first few are named.
    """

    def chosen(found: Named) -> Named:
        if problem := rules.problem(found, own):
            fits = other(found)
            hint = f"it fits {fits}" if fits else "is it the file of another tracker?"
            raise InputError(f"does not fit {subject}: {problem}", path=path, hint=hint)
        return {key: found[key] for key in own if key in found}

    tensors = _read(path, chosen)
    state = fitting(tensors, {key: own[key] for key in tensors}, path)
    if other_tables := [key for key, tensor in state.items() if _is_another_table(tensor, own[key])]:
        problem = _listed("holds another table", "hold other tables", other_tables)
        raise InputError(f"does not fit {subject}: {problem}", path=path, hint="is it the file of another tracker?")
    return state


def _is_another_table(tensor: Tensor, own: Tensor) -> bool:
    """Whether a table that the architecture prescribes, such as one of indices, has other entries."""
    prescribed = not own.is_floating_point() and not own.is_meta
    return prescribed and not torch.equal(tensor, own)


def read_state(path: Path) -> dict[str, Tensor]:
    """All weights in a file by name.

    Raises:
        InputError: it is no checkpoint, or damaged.
    """
    return _read(path, lambda found: found)


def convert(path: Path, out: Path) -> dict[str, Tensor]:
    """Write the weights of any checkpoint as safetensors, and return them.

    Raises:
        InputError: see :func:`read_state`; or ``out`` is the file itself or cannot be written.
    """
    if out.exists() and path.exists() and out.samefile(path):
        raise InputError("is the file that is to be converted", path=out, hint="give -o another name")
    tensors = read_state(path)
    with atomic(out) as temporary:
        save_file(tensors, temporary, {"format": "pt", "source": path.name, "source_sha256": sha256(path)})
    return tensors


def _read(path: Path, choose: Callable[[Named], Named]) -> dict[str, Tensor]:
    """The tensors that are chosen among those in a file; only their numbers are read."""
    start = first_bytes(path, 9)
    if start[8:] == b"{":
        chosen = choose(read_tensors(path).tensors)
        return {key: tensor for key, tensor in chosen.items() if isinstance(tensor, Tensor)}
    if not start:
        raise InputError("is empty", path=path, hint="download it again")
    if not start.startswith((ZIP_MARK, *PICKLE_MARKS)):
        hint = "give the file as its authors released it"
        raise InputError("is neither what torch.save writes nor a safetensors file", path=path, hint=hint)
    with opened(path) as container:
        chosen = choose(_state(container, path))
        stored = {key: tensor for key, tensor in chosen.items() if isinstance(tensor, StoredTensor)}
        return numbers_of(container, stored, path.stat().st_size)


def _state(container: Container, path: Path) -> dict[str, StoredTensor]:
    content = container.content
    if not isinstance(content, dict):
        kind = content.maker if isinstance(content, Record) else type(content).__name__
        raise InputError(f"holds a {kind}, not a dictionary of tensors", path=path, hint="a state dict is needed")
    state: dict[Any, Any] = next((content[name] for name in STATES if isinstance(content.get(name), dict)), content)
    for key, value in state.items():
        if not (isinstance(key, str) and key.isprintable() and isinstance(value, StoredTensor)):
            kind = value.maker if isinstance(value, Record) else type(value).__name__
            hint = f"weights lie under {', '.join(STATES)}, or are the file itself"
            raise InputError(f"entry {str(key)[:80]!r} is a {kind}, no tensor by a name", path=path, hint=hint)
    if not state:
        raise InputError("holds no tensors", path=path, hint="is it a checkpoint?")
    return state
