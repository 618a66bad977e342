"""Checkpoints of a run: atomic, the last few kept, and refused by a run of another config.

A checkpoint is a safetensors file; what is no tensor lies in its header as JSON.
"""

from __future__ import annotations

import dataclasses
import json
import pickle
import re
from collections.abc import Mapping
from itertools import accumulate
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file

from evalkit.errors import InputError
from evalkit.files import atomic
from stdtrack.checkpoints import OF_A_RUN
from stdtrack.tensor_file import read_tensors
from stdtrack.training.config import TrainConfig
from stdtrack.training.config_file import from_mapping
from stdtrack.training.state_tree import flatten, restore

FREE = frozenset({"data_root", "out", "threads", "workers", "device", "save_every", "keep", "log_every", "stages"})
"""What may differ between a run and its continuation: nothing that changes the numbers. Stages are compared apart."""

FORMAT = f"{OF_A_RUN}1"
OLDER_ONE = "delete it to go on from an older one"

_DAMAGED = (OSError, EOFError, LookupError, RuntimeError, TypeError, ValueError, pickle.UnpicklingError)
_NAME = re.compile(r"step-(\d+)\.(safetensors|pt)$")


def save_checkpoint(folder: Path, step: int, state: Mapping[str, Any], keep: int) -> Path:
    """Write ``step-<step>.safetensors`` and delete all but the newest ``keep``.

    The file appears under its name only when it is complete and on the disk. Raises InputError when it cannot be
    written (a full disk); the older ones are untouched then.
    """
    target = folder / f"step-{step:08d}.safetensors"
    hint = "the last complete one is kept; free space and go on with --resume"
    tree, tensors = flatten(state)
    try:
        with atomic(target, hint=hint) as temporary:
            save_file(tensors, temporary, {"format": FORMAT, "state": json.dumps(tree)})
    except SafetensorError as error:  # how the library reports a short write
        raise InputError(f"cannot be written: {error}", path=target, hint=hint) from error
    for old in list_checkpoints(folder)[:-keep]:
        old.unlink(missing_ok=True)
    return target


def list_checkpoints(folder: Path) -> list[Path]:
    """Complete checkpoints in the order of their steps."""
    found = [(int(match[1]), path) for path in folder.glob("step-*") if (match := _NAME.search(path.name))]
    return [path for _, path in sorted(found)]


def load_checkpoint(path: Path, config: TrainConfig) -> dict[str, Any]:
    """Read a checkpoint for a run of ``config``; raises InputError when it is damaged or of another config."""
    try:
        state = _read_pickled(path) if path.suffix == ".pt" else _read(path)
        step, saved = state["step"], state["config"]
        if type(step) is not int or step < 0 or not isinstance(saved, Mapping):
            raise ValueError("its step or config is none")
    except _DAMAGED as error:
        raise InputError(f"not a readable checkpoint: {error}", path=path, hint=OLDER_ONE) from error
    different = difference(saved, config, step)
    if different:
        raise InputError(
            f"checkpoint of another config: {different}", path=path, hint="use the same config, or another out folder"
        )
    return state


def _read(path: Path) -> dict[str, Any]:
    try:
        file = read_tensors(path)
    except InputError as error:
        raise ValueError(error.problem) from error
    if file.metadata.get("format") != FORMAT:
        raise ValueError(f"its header lacks format={FORMAT}")
    state: dict[str, Any] = restore(json.loads(file.metadata["state"]), file.tensors)
    return state


def _read_pickled(path: Path) -> dict[str, Any]:
    """What releases before this format wrote; torch's reader of tensors and plain values, which runs nothing else."""
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return state


def difference(saved: Mapping[str, Any], config: TrainConfig, step: int) -> str:
    """The first setting in which a saved config differs from this one in what has been run; empty for none.

    Stages that had not begun at ``step`` may be changed, so that a run can be prolonged.
    """
    past: TrainConfig = from_mapping(TrainConfig, saved, "the checkpoint's config")
    for key in sorted({field.name for field in dataclasses.fields(config)} - FREE):
        before, now = getattr(past, key), getattr(config, key)
        if before != now:
            return f"'{key}' was {before}, now {now}"
    starts = accumulate((stage.steps for stage in past.stages[:-1]), initial=0)
    begun = sum(start < step for start in starts)
    if past.stages[:begun] != config.stages[:begun]:
        return f"the first {begun} stages were {past.stages[:begun]}, now {config.stages[:begun]}"
    return ""
