"""One run at a time in a folder: the operating system's lock, which dies with its process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from evalkit.errors import InputError

LOCK_NAME = ".lock"


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold ``folder`` alone; made if it is not there.

    Raises:
        InputError: another process holds it, or it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / LOCK_NAME)
        lock.acquire(blocking=False)
    except Timeout as error:
        hint = "wait for it, or give --out another folder"
        raise InputError("another run is writing here", path=folder, hint=hint) from error
    except OSError as error:
        hint = "choose another --out"
        raise InputError(f"cannot be written: {error.strerror or error}", path=folder, hint=hint) from error
    try:
        yield
    finally:
        lock.release()
