"""A pruned network as a file of weights like any other: its shape and what was removed are in the metadata."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from evalkit.errors import InputError
from evalkit.reading.text import parse_json
from evalkit.trackers.spec import TrackerSpec
from profiling.latency.clips import Clip
from stdtrack.checkpoints import load_facts, load_model, save_model, shipped_weights
from stdtrack.compression.pruning import Pruned, prune
from stdtrack.configs import VARIANTS

FACT = "pruned"
"""In the metadata: what was removed, as JSON."""
WEIGHTS = "weights.safetensors"


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
    """Write the pruned network of a file to ``target``; one that is there already is taken as it is.

    Raises:
        InputError: the weights do not fit the variant, or so much cannot be removed.
    """
    if target.is_file():
        tell(f"going on with {target}")
        return pruned_by(target)
    smaller, pruned = prune(load_model(source, VARIANTS[variant]), share, clips, blocks=blocks, tell=tell)
    save_model(target, smaller, {FACT: json.dumps(asdict(pruned))})
    return pruned


def pruned_by(path: Path) -> Pruned:
    """What a file says of its pruning; raises InputError where it says nothing."""
    try:
        content = parse_json(load_facts(path)[FACT], path)
        return Pruned(
            content["blocks"], {name: tuple(pair) for name, pair in content["widths"].items()}, tuple(content["macs"])
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError("does not say what was pruned", path=path, hint="move it away, and it is made anew") from error
