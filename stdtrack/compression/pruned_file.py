"""A pruned network as a file of weights like any other: its shape and what was removed are in the metadata."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np

from evalkit.errors import InputError
from evalkit.reading.text import parse_json
from evalkit.trackers.spec import TrackerSpec
from profiling.latency.clips import Clip
from stdtrack.checkpoints import load_facts, load_model, save_model, sha256, shipped_weights
from stdtrack.compression.pruning import Pruned, prune
from stdtrack.configs import VARIANTS

FACT = "pruned"
"""In the metadata: what was removed, as JSON."""
ASKED = "pruning_asked"
"""In the metadata: the :class:`Request`, as JSON."""
WEIGHTS = "weights.safetensors"


@dataclass(frozen=True)
class Request:
    """All that decides about a pruned file.

    Attributes:
        source: digest of the unpruned weights' file.
        share: of a frame's MACs that is to go.
        blocks: whole transformer blocks that go first.
        clips: digest of the frames and boxes that say what costs least.
    """

    source: str
    share: float
    blocks: int
    clips: str

    @classmethod
    def of(cls, source: Path, share: float, blocks: int, clips: Sequence[Clip]) -> Request:
        """What is asked of a file and these clips."""
        return cls(sha256(source), share, blocks, clips_digest(clips))


def clips_digest(clips: Sequence[Clip]) -> str:
    """Hexadecimal digest of every pixel and every box."""
    digest = hashlib.sha256()
    for clip in clips:
        digest.update(np.ascontiguousarray(clip.boxes, np.float64).tobytes())
        for index in range(len(clip.frames)):
            image = clip.frames.read(index)
            digest.update(repr(image.shape).encode() + np.ascontiguousarray(image).tobytes())
    return digest.hexdigest()


def source_of(spec: str) -> tuple[str, Path]:
    """The variant and the weights' file of a spec.

    Raises:
        InputError: it is not STDTrack's, or has no weights.
    """
    parsed = TrackerSpec.parse(spec)
    if parsed.prefix != "stdtrack" or parsed.name not in VARIANTS or set(parsed.options) - {"weights"}:
        raise InputError(f"'{spec}' cannot be pruned", hint="write stdtrack:NAME or stdtrack:NAME?weights=FILE")
    given = parsed.options.get("weights")
    path = shipped_weights(parsed.name) if given is None else Path(given)
    if path is None:
        raise InputError(f"'{spec}' has no weights: what may go cannot be told", hint=f"{spec}?weights=FILE")
    return parsed.name, path


def prune_file(
    variant: str,
    source: Path,
    target: Path,
    share: float,
    blocks: int,
    clips: Sequence[Clip],
    tell: Callable[[str], None],
) -> Pruned:
    """Write the pruned network of a file to ``target``; one that was made for the same request is taken as it is.

    Raises:
        InputError: the weights do not fit the variant, so much cannot be removed, or the file that is there was made
            for another request.
    """
    asked = Request.of(source, share, blocks, clips)
    if target.is_file():
        _check_request(target, asked)
        tell(f"going on with {target}")
        return pruned_by(target)
    smaller, pruned = prune(load_model(source, VARIANTS[variant]), share, clips, blocks=blocks, tell=tell)
    save_model(target, smaller, {FACT: json.dumps(asdict(pruned)), ASKED: json.dumps(asdict(asked))})
    return pruned


def _check_request(path: Path, asked: Request) -> None:
    """Raise InputError naming in what the request that a file was made for differs from this one."""
    hint = f"name another folder, or move {path.parent} away"
    made_for = parse_json(load_facts(path).get(ASKED, "null"), path)
    if not isinstance(made_for, dict):
        raise InputError("does not say what it was pruned for", path=path, hint=hint)
    for field in fields(Request):
        made, wanted = made_for.get(field.name), getattr(asked, field.name)
        if made != wanted:
            raise InputError(f"was pruned with {field.name} {made}, not {wanted}", path=path, hint=hint)


def pruned_by(path: Path) -> Pruned:
    """What a file says of its pruning; raises InputError where it says nothing."""
    try:
        content = parse_json(load_facts(path)[FACT], path)
        return Pruned(
            content["blocks"], {name: tuple(pair) for name, pair in content["widths"].items()}, tuple(content["macs"])
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError("does not say what was pruned", path=path, hint="move it away, and it is made anew") from error
