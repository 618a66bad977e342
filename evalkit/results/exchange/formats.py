"""Formats of other tools, each one file with a ``FORMAT`` and one line among the entry points ``stdtrack.formats``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from evalkit.entry_points import Registry
from evalkit.errors import InputError
from evalkit.reading.text import regular_size
from evalkit.results.exchange.clip import Clip

GROUP = "stdtrack.formats"


@dataclass(frozen=True)
class Format:
    """How one tool keeps clips with tracks.

    Attributes:
        title: the tool's or the format's own name.
        claims: whether a file or folder looks like this format, by names and first bytes.
        read: ``(path, frames)`` gives the clips of a file or folder; ``frames`` is where the user says that images or
            videos lie, None where not. Raises InputError. None: it is only written.
        write: ``(clips, folder)`` writes them into an empty folder. Raises InputError for what it cannot hold. None:
            it is only read.
    """

    title: str
    claims: Callable[[Path], bool] = lambda path: False
    read: Callable[[Path, Path | None], tuple[Clip, ...]] | None = None
    write: Callable[[Sequence[Clip], Path], None] | None = None


_FIRST_BYTES = 1 << 16


def files_of(path: Path, suffix: str) -> list[Path]:
    """The file itself, or a folder's files with this suffix, sorted."""
    return sorted(path.glob(f"*{suffix}")) if path.is_dir() else [path]


def first_bytes(file: Path) -> bytes:
    """How a file begins; raises InputError for a pipe or device, which might never answer."""
    regular_size(file)
    with file.open("rb") as stream:
        return stream.read(_FIRST_BYTES)


def json_begins(path: Path, bracket: bytes, keys: Sequence[str]) -> bool:
    """Whether a JSON file, or one in a folder, begins with this bracket and soon has one of these keys."""
    for file in files_of(path, ".json"):
        if file.suffix == ".json":
            start = first_bytes(file).lstrip()
            if start.startswith(bracket) and any(f'"{key}"'.encode() in start for key in keys):
                return True
    return False


FORMATS: Registry[Format] = Registry(
    GROUP, "format", "evalkit.results.exchange.formats.Format", lambda _, form: isinstance(form, Format)
)
"""Every format of every installed package, by the name that users write."""


def writer(name: str) -> Callable[[Sequence[Clip], Path], None]:
    """How a format is written; raises InputError where there is no such format, or it is only read."""
    write = FORMATS.find(name).write
    if write is None:
        raise InputError(f"'{name}' is only read", hint=f"written are {', '.join(_with('write'))}")
    return write


def read_clips(path: Path, name: str | None = None, frames: Path | None = None) -> tuple[Clip, ...]:
    """The clips of a file or folder of another tool.

    Args:
        name: its format; None where it shows.
        frames: an image folder, archive or video, or a folder that holds one by each clip's name.

    Raises:
        InputError: it is of no format that is read, or not as it should be.
    """
    if not path.exists():
        raise InputError("does not exist", path=path)
    read = FORMATS.find(name or _format_of(path)).read
    if read is None:
        raise InputError(f"'{name}' is only written", hint=f"read are {', '.join(_with('read'))}")
    return read(path, frames)


def _format_of(path: Path) -> str:
    """The name of the first format that claims a file or folder; raises InputError for what cannot be read at all."""
    try:
        name = next((name for name, form in FORMATS.importable().items() if form.claims(path)), None)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", path=path) from error
    if name is None:
        raise InputError("looks like no annotation that is read", path=path, hint=f"--from {'|'.join(_with('read'))}")
    return name


def _with(what: str) -> list[str]:
    return [name for name, form in FORMATS.importable().items() if getattr(form, what) is not None]
