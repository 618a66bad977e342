"""Files that are either whole or not there."""

from __future__ import annotations

import os
from pathlib import Path

from evalkit.errors import InputError

TEMPORARY_SUFFIX = ".tmp"


def write_atomic(path: Path, content: str | bytes) -> None:
    """Write ``content`` under a temporary name in the same folder, flush it to the disk, and rename it to ``path``.

    A reader sees the old file or the whole new one, whatever kills the writer. The temporary name is hidden and ends in
    ``.tmp``, so no glob for results finds it; :func:`remove_leftovers` clears what a killed writer left.

    Raises:
        InputError: the folder cannot be written (read-only, full, no permission).
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}{TEMPORARY_SUFFIX}")
    data = content.encode() if isinstance(content, str) else content
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        reason = error.strerror or type(error).__name__
        hint = "what was finished is kept; free some space or choose another --out, then run the same command again"
        raise InputError(f"cannot be written: {reason}", path=path, hint=hint) from error


def remove_leftovers(folder: Path) -> None:
    """Delete the temporary files of writers that were killed; call it only while holding the folder's lock."""
    for leftover in folder.glob(f".*{TEMPORARY_SUFFIX}"):
        leftover.unlink(missing_ok=True)
