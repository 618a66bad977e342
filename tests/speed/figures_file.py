"""Figures that docs quote: the file that a script writes beside the pages, a tracker at a time.

Trackers that a run does not name keep what the file has of them, so that new weights need no run of all others.
"""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from evalkit.files import write_atomic
from evalkit.trackers.spec import TrackerSpec, load_tracker


def shown_spec(spec: str) -> str:
    """A spec without where its weights lie.

    >>> shown_spec("onnx:fear_xs?weights=/somewhere"), shown_spec("stdtrack:nano?redetect=true")
    ('onnx:fear_xs', 'stdtrack:nano?redetect=true')
    """
    parsed = TrackerSpec.parse(spec)
    return str(replace(parsed, options={key: value for key, value in parsed.options.items() if key != "weights"}))


def identity(spec: str) -> str:
    """What of a tracker decides its figures: the digest of its weights, or of OpenCV's version."""
    facts = getattr(load_tracker(spec), "describe", dict)()
    if "weights_sha256" in facts:
        return f"weights {facts['weights_sha256'][:16]}"
    import cv2

    return f"OpenCV {cv2.__version__}"


def command() -> str:
    """The command line that is running, as the docs have it."""
    words = [f"{shown_spec(word)}?weights=DIR" if "weights=" in word else word for word in sys.argv[1:]]
    script = Path(sys.argv[0]).resolve().relative_to(Path.cwd())
    return shlex.join(["python", str(script), *words])


def read(file: Path) -> dict[str, Any]:
    """What the file holds; nothing where there is none."""
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else {}


def renew(file: Path, conditions: Mapping[str, Any], trackers: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Write trackers' figures, and keep those of others that were made under the same conditions.

    Args:
        conditions: what all trackers have in common: targets, the digest of what was rendered.
        trackers: figures by shown spec.

    Returns:
        All that the file holds now.
    """
    old = read(file)
    same = all(old.get(name) == value for name, value in conditions.items())
    kept = {name: figures for name, figures in old.get("trackers", {}).items() if name not in trackers}
    if kept and not same:
        raise click.UsageError(f"{file} is of other conditions: name {', '.join(kept)} too, or delete it")
    made = {name: {**figures, "command": command()} for name, figures in trackers.items()}
    content = {**conditions, "trackers": {**kept, **made}}
    write_atomic(file, json.dumps(content, indent=1) + "\n")
    return content
