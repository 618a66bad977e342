"""A training run as data: frozen dataclasses read from TOML, every key checked."""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from evalkit.errors import InputError

Section = TypeVar("Section")


@dataclass(frozen=True)
class SourceConfig:
    """Where clips come from.

    Attributes:
        kind: ``video`` (sequences of an evalkit benchmark), ``stills`` (COCO format), ``synthetic`` (cut-outs moving
            over backgrounds, made from every other source), ``procedural`` (textures only; needs no data).
        benchmark: for ``video``, the benchmark with its options, such as ``got10k?split=train``.
        root: folder of the data; relative paths start at the config file's ``data_root``.
        weight: share of the clips drawn from here, relative to the other sources.
        names: only these sequences; empty means all.
        limit: at most this many sequences or images, 0 for all; for ``synthetic``, how many targets are cut out.
        cache: decode every frame once and keep it in memory.
    """

    kind: str = "video"
    benchmark: str = ""
    root: str = ""
    weight: float = 1.0
    names: tuple[str, ...] = ()
    limit: int = 0
    cache: bool = False


@dataclass(frozen=True)
class ClipConfig:
    """How a clip is drawn from a source.

    Attributes:
        sampling: ``dense`` (templates, then ordered frames at small gaps) or ``sparse`` (one template and unordered
            search frames from anywhere in the sequence), the paper's comparison.
        templates: templates a clip.
        max_gap: largest distance in frames between neighbouring search frames.
        template_gap: largest distance in frames from the last template to the first search frame.
        shift: largest offset of a search window's centre from the target, in target sizes.
        wide: share of windows whose offset is uniform over ``shift``; the rest are near the target, as in tracking.
        scale: standard deviation of the logarithm of the window's relative side.
        negatives: share of clips whose search frames come from another target.
        vanish: share of dense clips in which the target leaves for some frames.
        distractors: share of clips into whose search frames another target is pasted.
        occluders: share of clips in which a patch passes over the target.
        surroundings: share of clips in which what lies outside the image shows another picture, not the mean colour.
    """

    sampling: str = "dense"
    templates: int = 1
    max_gap: int = 6
    template_gap: int = 80
    shift: float = 1.4
    wide: float = 0.5
    scale: float = 0.18
    negatives: float = 0.08
    vanish: float = 0.1
    distractors: float = 0.25
    occluders: float = 0.15
    surroundings: float = 0.5


@dataclass(frozen=True)
class AugmentConfig:
    """Strength of the changes to pixels.

    Attributes:
        flip: share of clips mirrored; the whole clip at once.
        reverse: share of video clips played backwards.
        grey: share of clips without colour; the whole clip at once.
        colour: largest relative change of brightness, contrast and saturation of a clip.
        drift: the same between the frames of one clip.
        blur: share of frames with Gaussian or motion blur.
        noise: share of frames with Gaussian noise.
    """

    flip: float = 0.5
    reverse: float = 0.5
    grey: float = 0.1
    colour: float = 0.25
    drift: float = 0.1
    blur: float = 0.15
    noise: float = 0.1


@dataclass(frozen=True)
class LossConfig:
    """Weights of the terms: focal on the centre map, GIoU, L1, and the quality head's binary cross-entropy."""

    score: float = 1.0
    giou: float = 2.0
    l1: float = 5.0
    quality: float = 1.0


@dataclass(frozen=True)
class StageConfig:
    """One stage of the curriculum, with its own warm-up and cosine.

    Attributes:
        steps: optimiser steps.
        frames: search frames a clip, T.
        batch: clips a step, over all processes.
        learning_rate: peak; the stem's is ``stem_rate`` times this.
        warmup: steps from zero to the peak.
        predicted: share of clips whose windows follow the model's own boxes instead of jittered true ones.
    """

    steps: int
    frames: int = 1
    batch: int = 32
    learning_rate: float = 4e-4
    warmup: int = 200
    predicted: float = 0.0


@dataclass(frozen=True)
class OptimConfig:
    """AdamW, clipping, weight averaging and precision.

    Attributes:
        weight_decay: on matrices and kernels; biases, norms and single vectors go without.
        stem_rate: learning rate of the stem relative to the rest's.
        frozen_blocks: first blocks of a pretrained stem that stay as they are, its first convolution with them.
        final_rate: where the cosine ends, relative to the peak.
        clip_norm: largest norm of the gradient.
        ema: decay of the averaged weights, which are the ones validated and shipped.
        precision: ``bfloat16`` runs the network under autocast; losses stay in float32.
    """

    weight_decay: float = 0.05
    stem_rate: float = 0.2
    frozen_blocks: int = 0
    final_rate: float = 0.02
    clip_norm: float = 1.0
    ema: float = 0.999
    precision: str = "float32"


@dataclass(frozen=True)
class ValidationConfig:
    """Tracking of sequences left out of training.

    Attributes:
        names: left-out sequences, whole scenes; they are removed from every video source.
        every: steps between validations.
        frames: at most this many frames a sequence, 0 for all.
    """

    names: tuple[str, ...] = ()
    every: int = 1000
    frames: int = 0


@dataclass(frozen=True)
class TrainConfig:
    """A whole training run; see ``configs/*.toml`` for two that are documented line by line."""

    variant: str
    stages: tuple[StageConfig, ...]
    sources: tuple[SourceConfig, ...]
    data_root: str = "."
    out: str = "train-runs"
    seed: int = 1
    threads: int = 0
    workers: int = 1
    device: str = "auto"
    imagenet_stem: bool = False
    init: str = ""
    save_every: int = 500
    keep: int = 2
    log_every: int = 20
    clips: ClipConfig = field(default_factory=ClipConfig)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    optim: OptimConfig = field(default_factory=OptimConfig)
    validation: ValidationConfig = field(default_factory=ValidationConfig)

    @property
    def total_steps(self) -> int:
        """Optimiser steps of all stages."""
        return sum(stage.steps for stage in self.stages)


CHOICES: Mapping[str, tuple[str, ...]] = {
    "kind": ("video", "stills", "synthetic", "procedural"),
    "sampling": ("dense", "sparse"),
    "precision": ("float32", "bfloat16"),
}
SHARES = ("wide", "negatives", "vanish", "distractors", "occluders", "surroundings", "flip", "reverse", "grey", "blur", "noise", "ema")


def shipped_config(name: str) -> Path:
    """The file of a config that comes with the package; raises InputError naming the nearest known one."""
    folder = Path(__file__).parent / "configs"
    known = sorted(path.stem for path in folder.glob("*.toml"))
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]
        raise InputError(f"no shipped config '{name}'", hint=f"nearest known one: '{near}'; or give a .toml file")
    return folder / f"{name}.toml"


def load_config(path: Path, overrides: Sequence[str] = ()) -> TrainConfig:
    """Read a TOML file and apply ``key=value`` overrides; dotted keys reach into sections (``optim.ema=0.99``).

    Relative ``data_root`` and ``out`` start at the folder of the caller, not of the file: shipped configs lie inside
    the package. Raises InputError naming an unknown key with the nearest known one, or a value of the wrong type.
    """
    try:
        raw = tomllib.loads(path.read_text())
    except OSError as error:
        raise InputError(f"cannot read the config: {error.strerror}", path=path) from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"not valid TOML: {error}", path=path) from error
    for override in overrides:
        _apply_override(raw, override)
    config: TrainConfig = from_mapping(TrainConfig, raw, str(path))
    if not config.stages:
        raise InputError("no stage to train", path=path, hint="add a [[stages]] table with steps = ...")
    if not any(source.weight > 0 for source in config.sources):
        raise InputError("no source of clips", path=path, hint="add a [[sources]] table with a weight above 0")
    return config


def from_mapping(section: type[Section], values: Mapping[str, Any], place: str) -> Section:
    """Build the dataclass ``section`` from parsed TOML, checking keys and types; ``place`` names it in messages."""
    hints = typing.get_type_hints(section)
    for key in values:
        if key not in hints:
            near = difflib.get_close_matches(key, hints, n=1, cutoff=0.0)
            raise InputError(f"{place}: unknown key '{key}'", hint=f"nearest known key: '{near[0]}'")
    built = {key: _convert(hints[key], value, f"{place}: {key}") for key, value in values.items()}
    required = [f.name for f in dataclasses.fields(section) if f.default is f.default_factory is dataclasses.MISSING]  # type: ignore[arg-type]
    missing = [name for name in required if name not in built]
    if missing:
        raise InputError(f"{place}: missing key '{missing[0]}'")
    return section(**built)


def _convert(kind: Any, value: Any, place: str) -> Any:
    """Check one TOML value against a field's type and turn lists into tuples and tables into dataclasses."""
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        if not isinstance(value, Mapping):
            raise InputError(f"{place} must be a table")
        return from_mapping(kind, value, place)
    if typing.get_origin(kind) is tuple:
        if not isinstance(value, list):
            raise InputError(f"{place} must be a list")
        inner = typing.get_args(kind)[0]
        return tuple(_convert(inner, item, f"{place}[{number}]") for number, item in enumerate(value))
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise InputError(f"{place} must be {_type_name(kind)}, not {value!r}")
    return _check_value(place.rsplit(": ", 1)[-1], value, place)


def _check_value(key: str, value: Any, place: str) -> Any:
    """Ranges and choices that a type cannot say."""
    if key in CHOICES and value not in CHOICES[key]:
        near = difflib.get_close_matches(value, CHOICES[key], n=1, cutoff=0.0)[0]
        raise InputError(
            f"{place} must be one of {', '.join(CHOICES[key])}, not '{value}'", hint=f"did you mean '{near}'"
        )
    if key in SHARES and not 0 <= value <= 1:
        raise InputError(f"{place} must lie between 0 and 1, not {value}")
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value < 0:
        raise InputError(f"{place} must not be negative, not {value}")
    if key in ("steps", "frames", "batch", "templates", "save_every", "keep", "log_every", "every") and value < 1:
        if key == "frames" and "validation" in place:
            return value
        raise InputError(f"{place} must be at least 1, not {value}")
    return value


def _type_name(kind: Any) -> str:
    """How messages name a type."""
    names = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}
    return names.get(kind, kind.__name__ if not isinstance(kind, types.UnionType) else str(kind))


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
