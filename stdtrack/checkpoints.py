"""Weights on disk: safetensors together with the config that made them. Pickles are refused."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from evalkit.errors import InputError
from evalkit.files import atomic
from evalkit.suggestions import suggestion
from stdtrack.configs import BASE, VARIANTS, ModelConfig, OnlineConfig, Widths
from stdtrack.model import STDTrack
from stdtrack.tensor_file import read_tensors

FORMAT = "stdtrack-1"
OF_A_RUN = "stdtrack-training-"
"""How the format of what training goes on with begins."""
CONVERTED = frozenset({torch.float16, torch.bfloat16, torch.float32, torch.float64})
"""Types of weights that are taken for one another; of float64, the digits beyond float32 are dropped."""
LARGEST = 4096
"""No size or number of layers of a config is beyond it."""
WEIGHTS = Path(__file__).parent / "weights"

# A checkpoint of another name, with other settings of online tracking, or that leaves out other tokens is still the
# same network.
NOT_COMPARED = ("name", "online", "keep")
PRUNED = ("depth", "head_dim", "tower_dims", "widths")
"""What else may differ between a pruned network and its variant."""
_SOME_WIDTHS = Widths((1,), 1, (1,))


def shipped_weights(variant: str) -> Path | None:
    """The file that comes with the package, None if this variant has none.

    Raises:
        InputError: there is no such variant.
    """
    if variant not in VARIANTS:
        raise InputError(f"unknown variant '{variant}'", hint=suggestion(variant, VARIANTS))
    path = WEIGHTS / f"{variant}.safetensors"
    return path if path.is_file() else None


def save_model(path: Path, model: STDTrack, facts: Mapping[str, str] | None = None) -> None:
    """Write weights and config, atomically.

    Args:
        facts: further metadata, such as where the training data came from.
    """
    metadata = {**(facts or {}), "format": FORMAT, "config": json.dumps(config_as_mapping(model.config))}
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    with atomic(path) as temporary:
        save_file(tensors, temporary, metadata)


def load_model(path: Path, expected: ModelConfig | None = None) -> STDTrack:
    """Build the network that a checkpoint describes, with its weights, in evaluation mode.

    Raises:
        InputError: there is no such file, it is a pickle or no checkpoint of this project, its tensors do not fit its
            config, or the config differs from ``expected`` (the first differing key is named).
    """
    file = _read(path)
    config, tensors = file.config, file.tensors
    if expected is not None:
        compare_configs(path, config, expected)
    try:
        with torch.device("meta"):  # nothing is allocated before the file is known to hold it
            needed = STDTrack(config).state_dict()
    except (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError) as error:
        raise InputError(f"its config describes no network: {error}", path=path) from error
    fitted = fitting(tensors, needed, path)
    model = STDTrack(config)
    model.load_state_dict(fitted)
    return model.eval()


def without_blocks(model: STDTrack, dropped: Sequence[int]) -> STDTrack:
    """The network without some of its transformer blocks, counted from 0; the weights of those behind move up.

    Raises:
        InputError: there is no such block, or one is named twice, or none would be left.
    """
    if not dropped:
        return model
    depth = model.config.depth
    kept = [number for number in range(depth) if number not in dropped]
    if not kept or len(kept) != depth - len(dropped) or min(dropped) < 0:
        raise InputError(f"the network's blocks are 0 to {depth - 1}; {list(dropped)} cannot be left out of them")
    widths = model.config.widths
    narrowed = dataclasses.replace(widths, hidden=tuple(widths.hidden[number] for number in kept if widths.hidden))
    shorter = STDTrack(dataclasses.replace(model.config, depth=len(kept), widths=narrowed))
    shorter.load_state_dict(model.state_dict(), strict=False)
    for block, number in zip(shorter.backbone.blocks, kept, strict=True):
        block.load_state_dict(model.backbone.blocks[number].state_dict())
    return shorter


def with_keep(model: STDTrack, keep: float) -> STDTrack:
    """The network with the same weights, in evaluation mode, where this share of the search tokens goes on.

    Raises:
        InputError: the share is none, or the network cannot leave tokens out.
    """
    if model.config.keep == keep:
        return model
    try:
        config = dataclasses.replace(model.config, keep=keep)
    except ValueError as error:
        raise InputError(str(error)) from error
    if keep < 1.0 and not config.going_on:
        raise InputError(f"keep is {keep:g}, and the network has one block, which takes all search tokens")
    changed = STDTrack(config)
    changed.load_state_dict(model.state_dict())
    return changed.eval()


def fitting(tensors: Mapping[str, Tensor], own: Mapping[str, Tensor], path: Path) -> dict[str, Tensor]:
    """The tensors as a network with the state ``own`` takes them; floating types of another width are converted.

    Raises:
        InputError: a tensor is missing or unknown, of another shape or kind of number, or not finite.
    """
    for key in sorted(own.keys() | tensors.keys()):
        if key not in tensors or key not in own:
            raise InputError(f"tensor '{key}' is {'missing' if key in own else 'unknown'}", path=path)
    return {key: _fitted(key, tensors[key], own[key], path) for key in own}


def _fitted(key: str, tensor: Tensor, own: Tensor, path: Path) -> Tensor:
    if tensor.shape != own.shape:
        shapes = f"{tuple(tensor.shape)}, the network needs {tuple(own.shape)}"
        raise InputError(f"tensor '{key}' has shape {shapes}", path=path)
    if tensor.dtype != own.dtype and not (own.dtype in CONVERTED and tensor.dtype in CONVERTED):
        raise InputError(f"tensor '{key}' holds {_type(tensor)}, the network needs {_type(own)}", path=path)
    converted = tensor.to(own.dtype)
    if not torch.isfinite(converted).all():
        raise InputError(f"tensor '{key}' holds values that are not finite {_type(own)}", path=path)
    return converted


def _type(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def load_facts(path: Path) -> Mapping[str, str]:
    """What :func:`save_model` was told besides the config; raises InputError as :func:`load_model` does."""
    metadata = _read(path).metadata
    return {key: value for key, value in metadata.items() if key not in ("format", "config")}


def sha256(path: Path) -> str:
    """Hexadecimal digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def config_as_mapping(config: ModelConfig) -> dict[str, Any]:
    """A config as plain data; widths are told of pruned networks alone, and ``keep`` of those that leave tokens out."""
    values = dataclasses.asdict(config)
    if config.widths == Widths():
        del values["widths"]
    if config.keep == BASE.keep:
        del values["keep"]
    return values


def config_from_mapping(values: object, path: Path | None = None) -> ModelConfig:
    """The config that :func:`config_as_mapping` and JSON made plain data of.

    Raises:
        InputError: a key is missing or unknown, its value is of another kind than in :data:`BASE`, or is none that it
            can have.
    """
    given = {"keep": BASE.keep, **(values if isinstance(values, dict) else {})}
    online = OnlineConfig(**_checked(given.get("online"), BASE.online, path))
    widths = Widths(**_checked(given["widths"], _SOME_WIDTHS, path)) if "widths" in given else Widths()
    checked = _checked({**given, "online": online, "widths": widths}, BASE, path)
    try:
        return ModelConfig(**checked)
    except ValueError as error:
        raise InputError(f"config key {error}", path=path) from error


def _checked(values: object, example: ModelConfig | OnlineConfig | Widths, path: Path | None) -> dict[str, Any]:
    """The values as keywords, each of the kind that the example has."""
    given = values if isinstance(values, dict) else {}
    names = {field.name for field in dataclasses.fields(example)}
    for key in sorted(given.keys() ^ names):
        raise InputError(f"config key '{key}' is {'unknown' if key in given else 'missing'}", path=path)
    plain = {key: tuple(value) if isinstance(value, list) else value for key, value in given.items()}
    for key, value in plain.items():
        if not _is_like(value, getattr(example, key)):
            raise InputError(f"config key '{key}' is {str(value)[:40]!r}", path=path)
    return plain


def _is_like(value: object, example: object) -> bool:
    if isinstance(example, tuple):
        return isinstance(value, tuple) and all(_is_like(each, example[0]) for each in value)
    if isinstance(example, float):
        return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < math.inf
    return type(value) is type(example) and not (isinstance(value, int) and value > LARGEST)


@dataclass(frozen=True)
class _Checkpoint:
    """What a file holds; ``metadata`` as they are, the config's JSON among them."""

    config: ModelConfig
    tensors: dict[str, Tensor]
    metadata: Mapping[str, str]


def _read(path: Path) -> _Checkpoint:
    file = read_tensors(path)
    tensors, metadata = file.tensors, file.metadata
    if metadata.get("format", "").startswith(OF_A_RUN):
        hint = "best.safetensors beside it does, once the run has validated"
        raise InputError(
            "holds a run of training, to go on with it, and no weights to track with", path=path, hint=hint
        )
    if metadata.get("format") != FORMAT:
        raise InputError("is no checkpoint of STDTrack", path=path, hint=f"its metadata lack format={FORMAT}")
    try:
        values = json.loads(metadata.get("config", ""))
    except (ValueError, RecursionError) as error:
        raise InputError(f"its config is no JSON: {error}", path=path) from error
    return _Checkpoint(config_from_mapping(values, path), tensors, metadata)


def compare_configs(path: Path, found: ModelConfig, expected: ModelConfig) -> None:
    """Raise InputError naming the first key in which two networks differ; a pruned one may be narrower."""
    same = NOT_COMPARED if found.widths == Widths() else (*NOT_COMPARED, *PRUNED)
    for field in dataclasses.fields(ModelConfig):
        if field.name in same:
            continue
        mine, theirs = getattr(expected, field.name), getattr(found, field.name)
        if mine != theirs:
            raise InputError(f"config key '{field.name}' is {theirs!r}, '{expected.name}' has {mine!r}", path=path)


def untrained(config: ModelConfig, seed: int = 0) -> STDTrack:
    """The network as it is before training, the same every time, without touching the caller's random state."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return STDTrack(config).eval()


def mean_model(paths: Sequence[Path]) -> STDTrack:
    """A network with the mean of the files' weights, batch norm's statistics included, and the first one's config.

    It is worth something only where all come from one network, and have not gone far since.

    Raises:
        InputError: a file is no checkpoint, or of another network than the first.
    """
    mean = load_model(paths[0])
    states = [mean.state_dict(), *(load_model(path, mean.config).state_dict() for path in paths[1:])]
    with torch.no_grad():
        for key, tensor in states[0].items():
            if tensor.dtype.is_floating_point:
                tensor.copy_(torch.stack([state[key] for state in states]).mean(0))
    return mean
