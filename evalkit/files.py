"""Files that are either whole or not there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evalkit.errors import InputError

TEMPORARY_SUFFIX = ".tmp"
KEPT = "what was finished is kept; free some space or choose another --out, then run the same command again"


@contextmanager
def atomic(path: Path, *, hint: str = KEPT) -> Iterator[Path]:
    """A temporary path in the same folder: write it, and it becomes ``path`` when the block ends without an error.

    A reader sees the old file or the whole new one, whatever kills the writer. The temporary name is hidden and ends in
    ``.tmp``, so no glob for results finds it; :func:`remove_leftovers` clears what a killed writer left.

    Args:
        hint: what to do where the file cannot be written.

    Raises:
        InputError: the folder cannot be written (read-only, full, no permission).
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}{TEMPORARY_SUFFIX}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield temporary
            with temporary.open("rb") as stream:
                os.fsync(stream.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InputError(f"cannot be written: {reason}", path=path, hint=hint) from error


def write_atomic(path: Path, content: str | bytes) -> None:
    """Write ``content`` as :func:`atomic` does; raises InputError where the folder cannot be written.

    Bytes of file names that are no UTF-8, which text holds as lone surrogates, are written as ``\\udcff``.
    """
    with atomic(path) as temporary:
        temporary.write_bytes(content.encode(errors="backslashreplace") if isinstance(content, str) else content)


def remove_leftovers(folder: Path) -> None:
    """Delete the temporary files of writers that were killed; call it only while holding the folder's lock."""
    for leftover in folder.glob(f".*{TEMPORARY_SUFFIX}"):
        leftover.unlink(missing_ok=True)
