"""Files that are either whole or not there."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from evalkit.errors import InputError

TEMPORARY_SUFFIX = ".tmp"
PARTIAL_SUFFIX = ".partial"
INCOMPLETE = "INCOMPLETE"
"""A file of this name lies in a folder while :func:`whole_folder` moves files into it."""
UNFINISHED = "stdtrack was stopped while it moved files here; the same command again makes this folder whole.\n"
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


@contextmanager
def partial_folder(path: Path) -> Iterator[Path]:
    """A hidden folder beside ``path`` for what is to become ``path``; it is deleted when the block ends.

    This process holds its lock, which dies with the process: those that killed processes left are deleted first.

    Raises:
        OSError: the folder of ``path`` is not there or cannot be written.
    """
    _remove_unlocked(path)
    partial = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=PARTIAL_SUFFIX, dir=path.parent))
    descriptor = os.open(partial, os.O_RDONLY)
    try:
        _locked(descriptor)
        yield partial
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        os.close(descriptor)


def _remove_unlocked(path: Path) -> None:
    for leftover in path.parent.iterdir():
        if not (leftover.name.startswith(f".{path.name}.") and leftover.name.endswith(PARTIAL_SUFFIX)):
            continue
        with suppress(OSError):  # another user's, or gone meanwhile
            descriptor = os.open(leftover, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                if _locked(descriptor):
                    shutil.rmtree(leftover, ignore_errors=True)
            finally:
                os.close(descriptor)


def _locked(descriptor: int) -> bool:
    """Take the lock of an open folder; False where another process has it, or the file system has none."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@contextmanager
def whole_folder(folder: Path, *, earlier: Iterable[Path] = (), hint: str = KEPT) -> Iterator[Path]:
    """A temporary folder: fill it, and it becomes ``folder`` when the block ends without an error.

    In a folder that exists, the temporary one lies inside, and its files are moved one by one, which takes
    milliseconds; a file :data:`INCOMPLETE` lies there meanwhile. Whatever else is in the folder stays.

    Args:
        earlier: files in ``folder`` that an earlier call wrote, deleted before the new ones are moved.
        hint: what to do where the folder cannot be written.

    Raises:
        InputError: the folder cannot be written.
    """
    folder = folder.resolve()
    try:  # a folder that exists may be a mounted one, whose parent cannot be written
        exists = folder.is_dir()
        folder.parent.mkdir(parents=True, exist_ok=True)
        with partial_folder(folder / folder.name if exists else folder) as partial:
            yield partial
            if exists:
                _move_files(partial, folder, earlier)
            else:
                partial.chmod(_new_folder_mode())
                partial.replace(folder)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InputError(f"cannot be written: {reason}", path=folder, hint=hint) from error


def _move_files(source: Path, target: Path, earlier: Iterable[Path]) -> None:
    mark = target / INCOMPLETE
    mark.write_text(UNFINISHED)
    for path in earlier:
        path.unlink()
    for path in sorted(source.rglob("*")):
        if not path.is_dir():
            place = target / path.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            path.replace(place)
    mark.unlink()


def _new_folder_mode() -> int:
    """The mode that ``mkdir`` would give a folder."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o777 & ~mask
