"""A cache of scores in a folder of the user's own, keyed by a digest of everything that a figure depends on.

Nothing in it names a place: neither paths nor trackers. An entry that is damaged, that others may have written, or that
scoring could not have given is as good as none. ``docs/data.md`` says the same to users.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import numpy as np

from evalkit.errors import InputError
from evalkit.private_cache import PrivateCache
from evalkit.reading.text import parse_json
from evalkit.results.files import ResultFile
from evalkit.results.tracker_results import TrackerResults
from evalkit.scoring.cache_entries import ScoreForm, decode_score, encode_score, form_of, texts
from evalkit.scoring.digests import digest_of
from evalkit.scoring.opening import Annotation, missing_sequences, scored_sequences
from evalkit.scoring.rules import Rules, SupervisedRules
from evalkit.scoring.scores import BenchmarkScore

# The pattern holds what a killed writer left of an entry as well.
SCORES = PrivateCache("scores", re.compile(r"\.?[0-9a-f]{64}\.json.*"), most_entries=2000, most_bytes=512 << 20)
"""Where scores are kept."""
# Of a tracker's results, what is told beside the score or does not reach it.
_NOT_SCORED = frozenset({"files", "tracker", "notes", "remark", "likely", "left_out", "times", "confidences", "visible",
                         "strays", "fault", "options"})  # fmt: skip


@dataclass(frozen=True)
class Subject:
    """What a score is of.

    Attributes:
        key: hexadecimal digest of everything that it depends on, this package's code included.
        form: what it consists of.
        blank: everything of it that is known before scoring.
    """

    key: str
    form: ScoreForm
    blank: BenchmarkScore


def subject_of(
    results: TrackerResults, annotation: Annotation, protocol: str, rules: Rules | SupervisedRules
) -> Subject:
    """What the cache is asked for: its key covers everything that scoring looks at."""
    scored = scored_sequences(results.files, annotation, rules)
    key = digest_of(code_digest(), protocol, rules, annotation.digest(scored), _digest_of_results(results))
    blank = BenchmarkScore(
        tracker=results.tracker,
        benchmark=annotation.benchmark.key,
        protocol=protocol,
        metrics={},
        curves={},
        sequences=(),
        sequences_total=annotation.inventory.total,
        missing=missing_sequences(results.files, annotation),
        total_verified=annotation.inventory.verified,
        experiment="supervised" if isinstance(rules, SupervisedRules) else "ope",
    )
    return Subject(key.hex(), form_of(scored, rules), blank)


def _digest_of_results(results: TrackerResults) -> bytes:
    """SHA-256 of the files' content and of what tells how it is read; who made them and where they lie is no part."""
    facts = {item.name: getattr(results, item.name) for item in fields(results) if item.name not in _NOT_SCORED}
    kept = [item.name for item in fields(ResultFile) if item.name not in ("place", "source")]
    contents = [
        (sequence, [(file.name, file.read(), *(getattr(file, item) for item in kept)) for file in runs])
        for sequence, runs in results.files.items()
    ]
    return digest_of(facts, contents)


def read_score(subject: Subject) -> tuple[BenchmarkScore, tuple[str, ...]] | None:
    """The score of this subject, and how its results were read; None if it is not there or not to be trusted."""
    path = _entry_path(subject)
    if path is None:
        return None
    try:
        checksum, _, body = SCORES.read(path).partition(b"\n")
        entry = parse_json(body.decode(), path)
        if checksum != _checksum(body) or entry["key"] != subject.key:
            return None
        return decode_score(entry, subject.form, subject.blank), texts(entry["read"])
    except (InputError, OSError, ValueError, KeyError, TypeError):
        return None


def write_score(subject: Subject, score: BenchmarkScore, read: Sequence[str]) -> None:
    """Keep a score, without its frames; a cache that cannot be written is left alone, and so is a figure of NaN."""
    path = _entry_path(subject)
    if path is None:
        return
    with suppress(InputError, OSError, ValueError):
        entry = {"key": subject.key, **encode_score(score), "read": list(read)}
        body = json.dumps(entry, allow_nan=False).encode()
        if len(body) < SCORES.most_bytes // 4:
            SCORES.write(path, _checksum(body) + b"\n" + body)


@cache
def code_digest() -> bytes:
    """SHA-256 over the source and the lists of this package, and numpy's version: others may give other scores."""
    return digest_of(np.__version__, [(name, file.read_bytes()) for name, file in _source_files(files("evalkit"), "")])


def _source_files(folder: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    for item in sorted(folder.iterdir(), key=lambda item: item.name):
        if item.is_dir() and item.name != "__pycache__":
            yield from _source_files(item, f"{prefix}{item.name}/")
        elif item.is_file():
            yield prefix + item.name, item


def _entry_path(subject: Subject) -> Path | None:
    return SCORES.path(f"{subject.key}.json")


def _checksum(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest().encode()
