"""``run.json``: what made the results beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from evalkit.errors import InputError
from evalkit.files import write_atomic
from evalkit.reading.text import read_json

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
    if not path.exists() and not path.is_symlink():
        return None
    try:
        content = read_json(path)
    except InputError as error:
        hint = "restore or delete it: results without one can be scored, but not gone on with"
        raise InputError(f"is no readable manifest: {error.problem}", path=path, row=error.row, hint=hint) from error
    if not isinstance(content, dict) or content.get("format") != FORMAT or content["format"] is True:
        raise InputError(f"is no manifest of format {FORMAT}", path=path, hint="made by another version?")
    known = {key: content[key] for key in _KINDS if key in content}
    wrong = next((key for key, value in known.items() if not _KINDS[key](value)), None)
    if wrong is not None:
        raise InputError(f"'{wrong}' is not what it should be", path=path)
    missing = [item.name for item in fields(Manifest) if item.name not in known and item.name in _REQUIRED]
    if missing:
        raise InputError(f"lacks {', '.join(missing)}", path=path)
    return Manifest(**known)


_MOST = 1 << 20
"""Workers or threads: more has no machine."""


def _is_text(value: object) -> bool:
    return isinstance(value, str) and "\0" not in value


def _is_name(value: object) -> bool:
    return _is_text(value) and bool(value)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _MOST


def _is_time(value: object) -> bool:
    return isinstance(value, str) and bool(re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T", value)) and len(value) < 40


def _are_texts(value: object) -> bool:
    return isinstance(value, dict) and all(_is_text(text) for text in value.values())


def _are_facts(value: object) -> bool:
    """A table of texts and numbers, or of such tables."""
    scalar = str | bool | int | float | None
    return isinstance(value, dict) and all(isinstance(fact, scalar) or _are_facts(fact) for fact in value.values())


def _is_tracker(value: object) -> bool:
    shown = ("note", "backend", "device", "weights_sha256")
    return isinstance(value, dict) and _are_facts(value) and all(_is_text(value.get(key, "")) for key in shown)


def _is_benchmark(value: object) -> bool:
    texts = ("name", "root", "fingerprint")
    return (
        isinstance(value, dict)
        and all(_is_text(value[key]) for key in texts if key in value)
        and _are_texts(value.get("options", {}))
        and value.get("origin", 0) in (0, 1)
    )


_KINDS: Mapping[str, Callable[[object], bool]] = {
    "stdtrack": _is_text,
    "spec": _is_name,
    "tracker": _is_tracker,
    "benchmark": _is_benchmark,
    "workers": _is_count,
    "threads": _is_count,
    "hardware": lambda value: isinstance(value, dict) and _are_facts(value) and _is_text(value.get("cpu", "")),
    "versions": _are_texts,
    "started": _is_time,
    "finished": lambda value: value is None or _is_time(value),
    "fingerprints": _are_texts,
    "mixed": lambda value: isinstance(value, bool),
}
_REQUIRED = frozenset(_KINDS) - {"finished", "fingerprints", "mixed"}


def recorded_benchmark(results: Path, benchmark: str) -> tuple[str, Path] | None:
    """The benchmark with the options and the root that the runs below ``results`` were made with.

    Args:
        results: ``RUNS``, ``RUNS/<tracker>`` or ``RUNS/<tracker>/<benchmark>``.
        benchmark: command-line name; options in it are kept.

    Returns:
        None where no run of this benchmark has a record.

    Raises:
        InputError: the runs were made on different roots, or no record can be read.
    """
    name, mark, _ = benchmark.partition("?")
    roots: dict[tuple[str, str], Path] = {}
    broken: list[InputError] = []
    for pattern in ("", "*/", "*/*/") if results.is_dir() else ():
        for path in sorted(results.glob(f"{pattern}{MANIFEST_NAME}")):
            try:
                manifest = read_manifest(path.parent)
            except InputError as error:  # of one tracker, which is told as that tracker's fault
                broken.append(error)
                continue
            if manifest is not None and manifest.benchmark.get("name") == name and manifest.benchmark.get("root"):
                options = manifest.benchmark.get("options") or {}
                text = benchmark if mark or not options else f"{name}?{urlencode(options)}"
                roots.setdefault((text, str(manifest.benchmark["root"])), path)
    if len(roots) > 1:
        places = " and ".join(f"{root} ({path.parent})" for (_, root), path in list(roots.items())[:2])
        raise InputError(
            f"runs of {name} on different data: {places}", path=results, hint="give --data or --annotations"
        )
    if not roots and broken:
        raise broken[0]
    return next(((text, Path(root)) for text, root in roots), None)
