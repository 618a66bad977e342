"""A cache of scores in a folder of the user's own, keyed by a digest of everything that a figure depends on.

Nothing in it names a place: neither paths nor trackers. An entry that is damaged, that others may have written, or that
scoring could not have given is as good as none. ``docs/data.md`` says the same to users.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import numpy as np

from evalkit.errors import InputError
from evalkit.files import atomic
from evalkit.reading.text import parse_json
from evalkit.scoring.cache_entries import ScoreForm, decode_score, encode_score, texts
from evalkit.scoring.digests import digest_of
from evalkit.scoring.scores import BenchmarkScore

VARIABLE = "STDTRACK_CACHE"
MOST_ENTRIES, MOST_BYTES = 2000, 512 << 20
"""Beyond either, the oldest entries go until half of both is left."""
_LARGEST = MOST_BYTES // 4
_ENTRY = re.compile(r"\.?[0-9a-f]{64}\.json.*")  # and what a killed writer left of one
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


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


def cache_folder() -> Path | None:
    """STDTRACK_CACHE, else ``stdtrack`` in the user's cache folder; None where the user has no home."""
    if named := os.environ.get(VARIABLE):
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME", "")
    try:
        return (Path(base) if os.path.isabs(base) else Path.home() / ".cache") / "stdtrack"
    except RuntimeError:  # neither HOME nor an entry in the list of users
        return None


def cache_refusal() -> str:
    """Why the cache is not used here; empty if it is, or will be made."""
    base = cache_folder()
    if base is None:
        return f"no home folder; {VARIABLE} can name another place"
    return _folder_refusal(base) or _folder_refusal(base / "scores", follow_links=False)


def cache_usage() -> tuple[int, int]:
    """Entries of the cache, and their bytes."""
    sizes = [facts.st_size for _, facts in _entries()]
    return len(sizes), sum(sizes)


def read_score(subject: Subject) -> tuple[BenchmarkScore, tuple[str, ...]] | None:
    """The score of this subject, and how its results were read; None if it is not there or not to be trusted."""
    path = _entry_path(subject)
    if path is None:
        return None
    try:
        checksum, _, body = _read_own(path).partition(b"\n")
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
        if len(body) < _LARGEST:
            _write_own(path, _checksum(body) + b"\n" + body)
            _forget_oldest()


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


def _folder_refusal(folder: Path, *, follow_links: bool = True) -> str:
    try:
        facts = folder.stat(follow_symlinks=follow_links)
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        return f"{folder}: {getattr(error, 'strerror', None) or error}"
    if not stat.S_ISDIR(facts.st_mode):
        return f"{folder} is no folder"
    if not _is_own(facts):
        return f"{folder} belongs to another user ({facts.st_uid}); {VARIABLE} can name a folder of your own"
    if facts.st_mode & _OTHERS_WRITE:
        return f"others can write to {folder}; `chmod 700` makes it yours alone"
    return ""


def _is_own(facts: os.stat_result) -> bool:
    return os.name == "nt" or facts.st_uid == os.geteuid()


def _entry_path(subject: Subject) -> Path | None:
    folder = cache_folder()
    return None if folder is None or cache_refusal() else folder / "scores" / f"{subject.key}.json"


def _read_own(path: Path) -> bytes:
    """Content of a regular file that nobody else can have written; raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    with open(descriptor, "rb") as stream:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode) or not _is_own(facts) or facts.st_mode & _OTHERS_WRITE:
            raise PermissionError("not the user's own")
        if facts.st_size > _LARGEST:
            raise OSError("too large")
        return stream.read()


def _write_own(path: Path, content: bytes) -> None:
    path.parent.parent.parent.mkdir(parents=True, exist_ok=True)
    for folder in (path.parent.parent, path.parent):
        folder.mkdir(mode=0o700, exist_ok=True)
    with atomic(path) as temporary:
        temporary.touch(mode=0o600)
        temporary.write_bytes(content)


def _entries() -> list[tuple[Path, os.stat_result]]:
    """Files of the cache with their facts; none where there is no cache."""
    folder = cache_folder()
    if folder is None or cache_refusal():
        return []
    found = []
    with suppress(OSError):
        for path in (folder / "scores").iterdir():
            if _ENTRY.fullmatch(path.name):
                with suppress(OSError):  # another process took it away
                    found.append((path, path.lstat()))
    return found


def _forget_oldest() -> None:
    entries = sorted(_entries(), key=lambda entry: entry[1].st_mtime)
    count, size = len(entries), sum(facts.st_size for _, facts in entries)
    if count <= MOST_ENTRIES and size <= MOST_BYTES:
        return
    for path, facts in entries:
        if count <= MOST_ENTRIES // 2 and size <= MOST_BYTES // 2:
            return
        path.unlink(missing_ok=True)
        count, size = count - 1, size - facts.st_size


def _checksum(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest().encode()
