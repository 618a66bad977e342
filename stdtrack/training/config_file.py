"""Reads a training run's config from TOML; every key, type and range is checked."""

from __future__ import annotations

import dataclasses
import math
import re
import tomllib
import typing
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from evalkit.errors import InputError
from evalkit.reading.text import read_text
from evalkit.suggestions import suggestion
from stdtrack.training.config import TrainConfig, network_of

Section = TypeVar("Section")


def shipped_config(name: str) -> Path:
    """The file of a config that comes with the package; raises InputError naming the one that was meant."""
    folder = Path(__file__).parent / "configs"
    known = sorted(path.stem for path in folder.glob("*.toml"))
    if name not in known:
        raise InputError(f"no shipped config '{name}'", hint=f"{suggestion(name, known)}; or give a .toml file")
    return folder / f"{name}.toml"


def find_config(name: str) -> Path:
    """A .toml file as it is, or the shipped config of that name."""
    return Path(name) if name.endswith(".toml") else shipped_config(name)


def load_config(path: Path, overrides: Sequence[str] = ()) -> TrainConfig:
    """Read a TOML file and apply ``key=value`` overrides; dotted keys reach into sections (``optim.ema=0.99``).

    Relative ``data_root`` and ``out`` start at the folder of the caller, not of the file: shipped configs lie inside
    the package. Raises InputError naming an unknown key with the one that was meant, or a value of the wrong type.
    """
    text = read_text(path)
    try:
        raw = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits is a ValueError too
        raise InputError(f"not valid TOML: {error}", path=path) from error
    for override in overrides:
        _apply_override(raw, override)
    config: TrainConfig = from_mapping(TrainConfig, raw, str(path))
    network_of(config)
    if not config.stages:
        raise InputError("no stage to train", path=path, hint="add a [[stages]] table with steps = ...")
    if not any(source.weight > 0 for source in config.sources):
        raise InputError("no source of clips", path=path, hint="add a [[sources]] table with a weight above 0")
    return config


def from_mapping(section: type[Section], values: Mapping[str, Any], place: str) -> Section:
    """Build the dataclass ``section`` from parsed TOML; keys, types and limits are checked. ``place`` names it."""
    hints = typing.get_type_hints(section)
    for key in values:
        if key not in hints:
            raise InputError(f"{place}: unknown key '{key}'", hint=suggestion(key, hints))
    built = {key: _convert(hints[key], value, f"{place}: {key}") for key, value in values.items()}
    fields = dataclasses.fields(section)  # type: ignore[arg-type]
    for given in fields:
        if given.name in built:
            check_limits(given.metadata, built[given.name], f"{place}: {given.name}")
    required = [f.name for f in fields if f.default is f.default_factory is dataclasses.MISSING]
    missing = [name for name in required if name not in built]
    if missing:
        raise InputError(f"{place}: missing key '{missing[0]}'")
    return section(**built)


def check_limits(limits: Mapping[str, Any], value: Any, place: str) -> None:
    """Raise InputError, beginning with ``place``, for a word that is no choice or a number outside its range.

    No number may be negative, unless its limits say otherwise.
    """
    if limits.get("patterns"):
        _check_patterns(value, place)
    choices = limits.get("choices")
    if choices and value not in choices:
        problem = f"{place} must be one of {', '.join(choices)}, not '{value}'"
        raise InputError(problem, hint=suggestion(value, choices))
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return
    least, most = limits.get("least", 0), limits.get("most", math.inf)
    if not least <= value <= most:
        allowed = f"at least {least}" if most == math.inf else f"between {least} and {most}"
        raise InputError(f"{place} must be {allowed}, not {value}")


def _check_patterns(patterns: Sequence[str], place: str) -> None:
    for pattern in patterns:
        try:
            with warnings.catch_warnings(action="error"):  # of what a later Python will read otherwise, such as [[a]
                re.compile(pattern)
        except (re.error, Warning) as error:
            raise InputError(f"{place}: '{pattern}' is no regular expression: {error}") from error


def _convert(kind: Any, value: Any, place: str) -> Any:
    """Check one TOML value against a field's type and turn lists into tuples and tables into dataclasses."""
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        if not isinstance(value, Mapping):
            raise InputError(f"{place} must be a table")
        return from_mapping(kind, value, place)
    if typing.get_origin(kind) is tuple:
        if not isinstance(value, (list, tuple)):
            raise InputError(f"{place} must be a list")
        inner = typing.get_args(kind)[0]
        return tuple(_convert(inner, item, f"{place}[{number}]") for number, item in enumerate(value))
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise InputError(f"{place} must be {_type_name(kind)}, not {value!r}")
    return value


def _type_name(kind: Any) -> str:
    """How messages name a type."""
    names = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}
    return names[kind]


def _apply_override(raw: dict[str, Any], override: str) -> None:
    """Set ``a.b=value`` in parsed TOML; the value is TOML, or a bare text. ``stages.0.steps`` reaches into lists."""
    key, separator, text = override.partition("=")
    if not separator or not key.strip():
        raise InputError(f"--set needs key=value, not '{override}'")
    try:
        value = tomllib.loads(f"v = {text}")["v"]
    except tomllib.TOMLDecodeError:
        value = text
    node: Any = raw
    *parents, last = key.strip().split(".")
    for part in parents:
        node = _child(node, part, override)
    if isinstance(node, list):
        node[_index(node, last, override)] = value
    else:
        node[last] = value


def _child(node: Any, part: str, override: str) -> Any:
    """One step down a dotted key."""
    if isinstance(node, list):
        return node[_index(node, part, override)]
    child = node.setdefault(part, {})
    if not isinstance(child, (dict, list)):
        raise InputError(f"--set {override}: '{part}' is no table")
    return child


def _index(node: list[Any], part: str, override: str) -> int:
    """A list position in a dotted key."""
    if not part.isdigit() or int(part) >= len(node):
        raise InputError(f"--set {override}: '{part}' is no position of a list of {len(node)}")
    return int(part)
