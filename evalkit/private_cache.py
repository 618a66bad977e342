"""The user's own cache folder: files that nobody else can have written, the oldest of which go when it is full.

A part of it that is not to be trusted, or cannot be written, is as good as none; nothing here is ever needed.
"""

from __future__ import annotations

import os
import re
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from evalkit.files import atomic

VARIABLE = "STDTRACK_CACHE"
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def cache_folder() -> Path | None:
    """STDTRACK_CACHE, else ``stdtrack`` in the user's cache folder; None where the user has no home."""
    if named := os.environ.get(VARIABLE):
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME", "")
    try:
        return (Path(base) if os.path.isabs(base) else Path.home() / ".cache") / "stdtrack"
    except RuntimeError:  # neither HOME nor an entry in the list of users
        return None


@dataclass(frozen=True)
class PrivateCache:
    """One part of the cache folder.

    Attributes:
        part: its folder.
        names: what its files' names match; with what a killed writer left of one, nothing else is ever removed.
        most_entries, most_bytes: beyond either, the oldest files go until half of both is left.
    """

    part: str
    names: re.Pattern[str]
    most_entries: int
    most_bytes: int

    def refusal(self) -> str:
        """Why it is not used here; empty if it is, or will be made."""
        base = cache_folder()
        if base is None:
            return f"no home folder; {VARIABLE} can name another place"
        return _folder_refusal(base) or _folder_refusal(base / self.part, follow_links=False)

    def path(self, name: str) -> Path | None:
        """Where the file of this name lies or would lie; None where the cache is not used."""
        folder = cache_folder()
        return None if folder is None or self.refusal() else folder / self.part / name

    def read(self, path: Path) -> bytes:
        """Content of a regular file that nobody else can have written; raises OSError."""
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with open(descriptor, "rb") as stream:
            facts = os.fstat(descriptor)
            if not stat.S_ISREG(facts.st_mode) or not _is_own(facts) or facts.st_mode & _OTHERS_WRITE:
                raise PermissionError("not the user's own")
            if facts.st_size > self.most_bytes // 4:
                raise OSError("too large")
            return stream.read()

    def write(self, path: Path, content: bytes) -> None:
        """Keep a file, readable by the user alone, and forget the oldest ones; raises OSError or InputError."""
        path.parent.parent.parent.mkdir(parents=True, exist_ok=True)
        for folder in (path.parent.parent, path.parent):
            folder.mkdir(mode=0o700, exist_ok=True)
        with atomic(path) as temporary:
            temporary.touch(mode=0o600)
            temporary.write_bytes(content)
        self._forget_oldest()

    def usage(self) -> tuple[int, int]:
        """Files of this part, and their bytes."""
        sizes = [facts.st_size for _, facts in self._entries()]
        return len(sizes), sum(sizes)

    def _entries(self) -> list[tuple[Path, os.stat_result]]:
        """Files with their facts; none where there is no cache."""
        folder = cache_folder()
        if folder is None or self.refusal():
            return []
        entries = []
        with suppress(OSError):
            for path in (folder / self.part).iterdir():
                if self.names.fullmatch(path.name):
                    with suppress(OSError):  # another process took it away
                        entries.append((path, path.lstat()))
        return entries

    def _forget_oldest(self) -> None:
        entries = sorted(self._entries(), key=lambda entry: entry[1].st_mtime)
        count, size = len(entries), sum(facts.st_size for _, facts in entries)
        if count <= self.most_entries and size <= self.most_bytes:
            return
        for path, facts in entries:
            if count <= self.most_entries // 2 and size <= self.most_bytes // 2:
                return
            path.unlink(missing_ok=True)
            count, size = count - 1, size - facts.st_size


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
