"""``run.json``: what made the results beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from evalkit.errors import InputError
from evalkit.files import write_atomic

MANIFEST_NAME = "run.json"
FORMAT = 1


@dataclass(frozen=True)
class Manifest:
    """One tracker's run on one benchmark.

    Attributes:
        stdtrack: version of this package.
        spec: the tracker as the user named it. Never load it from here: a manifest is data, a spec may name code.
        tracker: what the tracker says of itself (``backend``, ``device``, ``weights_sha256``, ``note``).
        benchmark: ``name``, ``options``, ``root``, ``origin``, ``fingerprint`` of all annotations that were run.
        fingerprints: sequence -> fingerprint of its annotation.
        mixed: the run was resumed with other threads, versions or hardware; its speeds say nothing.
        workers: the most processes that ran at once; above 1, speeds say nothing.
        threads: of each process.
        started, finished: UTC, ISO 8601; ``finished`` is None until a run came to its end.
    """

    stdtrack: str
    spec: str
    tracker: Mapping[str, str]
    benchmark: Mapping[str, Any]
    workers: int
    threads: int
    hardware: Mapping[str, Any]
    versions: Mapping[str, str]
    started: str
    finished: str | None = None
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    mixed: bool = False
    format: int = FORMAT


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write ``folder/run.json``."""
    write_atomic(folder / MANIFEST_NAME, json.dumps(asdict(manifest), indent=1) + "\n")


def read_manifest(folder: Path) -> Manifest | None:
    """Read ``folder/run.json``; None where there is none (other people's results).

    Raises:
        InputError: it is no manifest of a format that this version knows.
    """
    path = folder / MANIFEST_NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        hint = "restore or delete it: results without one can be scored, but not gone on with"
        raise InputError(f"is no readable manifest: {error}", path=path, hint=hint) from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise InputError(f"is no manifest of format {FORMAT}", path=path, hint="made by another version?")
    known = {key: content[key] for key in (item.name for item in fields(Manifest)) if key in content}
    for key, kind in _KINDS.items():
        if key in known and not isinstance(known[key], kind):
            raise InputError(f"'{key}' is not what it should be", path=path)
    try:
        return Manifest(**known)
    except TypeError as error:
        missing = [item.name for item in fields(Manifest) if item.name not in known]
        raise InputError(f"lacks {', '.join(missing)}", path=path) from error


_KINDS: Mapping[str, type | tuple[type, ...]] = {
    "stdtrack": str,
    "spec": str,
    "tracker": dict,
    "benchmark": dict,
    "workers": int,
    "threads": int,
    "hardware": dict,
    "versions": dict,
    "started": str,
    "finished": (str, type(None)),
    "fingerprints": dict,
    "mixed": bool,
}
