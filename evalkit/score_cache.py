"""A cache of scores, keyed by content: annotation, results, protocol and this package's own code.

Names and dates do not enter the key, so that a changed file is noticed whatever its date. An entry that cannot be read
is as good as none.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from evalkit.errors import InputError
from evalkit.files import write_atomic
from evalkit.importers.trees import TrackerResults
from evalkit.scores import BenchmarkScore, Curve, SequenceScore

VARIABLE = "STDTRACK_CACHE"
_ENTRIES = 2000


def cache_folder() -> Path:
    """STDTRACK_CACHE, else ``stdtrack`` in the user's cache folder."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stdtrack"


def score_key(results: TrackerResults, annotation_digest: str, protocol: str) -> str:
    """SHA-256 over everything that a score depends on."""
    digest = hashlib.sha256(json.dumps([_code_digest(), annotation_digest, protocol, results.tracker]).encode())
    digest.update(json.dumps([results.notes, results.ambiguous]).encode())
    for sequence, repetitions in results.files.items():
        for file in repetitions:
            content = file.read()
            digest.update(f"{sequence}/{len(content)}/".encode() + content)
    return digest.hexdigest()


def read_score(key: str) -> tuple[BenchmarkScore, tuple[str, ...]] | None:
    """The score of this key, and how its results were read; None if it is not there or not readable."""
    try:
        checksum, _, body = (cache_folder() / "scores" / f"{key}.json").read_bytes().partition(b"\n")
        if checksum != _checksum(body):
            return None
        entry = json.loads(body)
        return _to_score(entry["score"]), tuple(entry["notes"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # not there, damaged, or not ours
        return None


def write_score(key: str, score: BenchmarkScore, notes: Iterable[str]) -> None:
    """Keep a score, without its frames; a cache that cannot be written is left alone."""
    body = json.dumps({"score": _to_entry(score), "notes": list(notes)}).encode()
    folder = cache_folder() / "scores"
    try:
        write_atomic(folder / f"{key}.json", _checksum(body) + b"\n" + body)
        _forget_oldest(folder)
    except (InputError, OSError):
        return


def _forget_oldest(folder: Path) -> None:
    entries = list(folder.glob("*.json"))
    if len(entries) > _ENTRIES:
        by_age = sorted(entries, key=lambda path: path.stat().st_mtime)
        for path in by_age[: len(entries) - _ENTRIES // 2]:
            path.unlink(missing_ok=True)


@cache
def _code_digest() -> str:
    """SHA-256 over the source of this package: other code may give other scores."""
    digest = hashlib.sha256()
    pending = [files("evalkit")]
    while pending:
        for item in sorted(pending.pop().iterdir(), key=lambda item: item.name):
            if item.is_dir() and item.name != "__pycache__":
                pending.append(item)
            elif item.name.endswith((".py", ".csv", ".txt")):
                digest.update(item.name.encode() + item.read_bytes())
    return digest.hexdigest()


def _checksum(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest().encode()


def _to_entry(score: BenchmarkScore) -> dict[str, Any]:
    names = list(score.curves)
    return {
        "tracker": score.tracker,
        "benchmark": score.benchmark,
        "protocol": score.protocol,
        "metrics": dict(score.metrics),
        "curves": {name: [_pack(curve.thresholds), _pack(curve.values)] for name, curve in score.curves.items()},
        "sequences": [[each.sequence, each.frames, dict(each.metrics)] for each in score.sequences],
        "sequence_curves": {
            name: _pack(np.stack([each.curves[name] for each in score.sequences]))
            for name in names
            if all(name in each.curves for each in score.sequences)
        },
        "total": score.sequences_total,
        "missing": score.missing,
        "notes": score.notes,
        "verified": score.total_verified,
        "shortcoming": score.shortcoming,
    }


def _to_score(entry: Mapping[str, Any]) -> BenchmarkScore:
    curves = {name: _unpack(values) for name, values in entry["sequence_curves"].items()}
    count = len(entry["sequences"])
    rows = {name: values.reshape(count, -1) for name, values in curves.items()}
    return BenchmarkScore(
        tracker=entry["tracker"],
        benchmark=entry["benchmark"],
        protocol=entry["protocol"],
        metrics=entry["metrics"],
        curves={name: Curve(_unpack(first), _unpack(second)) for name, (first, second) in entry["curves"].items()},
        sequences=tuple(
            SequenceScore(
                sequence=name,
                frames=frames,
                metrics=metrics,
                curves={curve: values[index] for curve, values in rows.items()},
                overlaps=np.empty(0),
                errors=np.empty(0),
            )
            for index, (name, frames, metrics) in enumerate(entry["sequences"])
        ),
        sequences_total=entry["total"],
        missing=tuple(entry["missing"]),
        notes=tuple(entry["notes"]),
        total_verified=entry["verified"],
        shortcoming=entry["shortcoming"],
    )


def _pack(values: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(values, dtype="<f8").tobytes()).decode()


def _unpack(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), dtype="<f8").astype(np.float64)
