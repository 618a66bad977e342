"""Annotation archives read as if they were folders: everything stays in memory, nothing is written to disk."""

from __future__ import annotations

import io
import tarfile
import zipfile
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from importlib.resources.abc import Traversable
from lzma import LZMAError
from os import PathLike
from pathlib import Path
from typing import IO, Any, Self

from evalkit.errors import InputError
from evalkit.reading.text import refuse_large

_UNPACKS = "unpacks to more"
SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2")
# zipfile raises IndexError, and tarfile TypeError, on some damaged headers.
_DAMAGED = (EOFError, ValueError, RuntimeError, IndexError, TypeError)
UNREADABLE = (OSError, *_DAMAGED, tarfile.TarError, zipfile.BadZipFile, zlib.error, LZMAError)
# A tar archive ends in empty blocks: these say that it ends elsewhere.
_CUT = (tarfile.EmptyHeaderError, tarfile.TruncatedHeaderError)  # type: ignore[attr-defined]  # unknown to typeshed
_Member = tuple[str, bytes | None]
"""A file's path, and its content unless it is left unread."""
TEXT = (".txt", ".label", ".tag", ".ini", ".json", ".value", "sequence")


class MemoryFolder(Traversable):
    """A folder, or a file, of an archive that was read into memory.

    Args:
        files: content by path in the archive, ``/`` between its parts.
        path: of this folder or file in the archive, empty for its root.
        archive: for messages.
        folders: names in each folder, by path; default: found out from ``files``.
        unread: paths of what the archive holds besides.
    """

    def __init__(
        self,
        files: Mapping[str, bytes],
        archive: Path,
        path: str = "",
        folders: Mapping[str, Collection[str]] | None = None,
        unread: Collection[str] = (),
    ) -> None:
        self._files, self._archive, self._path = files, archive, path
        self.unread = unread
        self._folders = _folders(files) if folders is None else folders

    def __str__(self) -> str:
        return f"{self._archive}/{self._path}" if self._path else str(self._archive)

    @property
    def name(self) -> str:
        """Last part of the path."""
        return self._path.rpartition("/")[2] or self._archive.name

    @property
    def files(self) -> Mapping[str, bytes]:
        """Content of every file of the archive, by path."""
        return self._files

    def iterdir(self) -> Iterator[MemoryFolder]:
        """What lies directly in this folder."""
        return (self / name for name in sorted(self._folders.get(self._path, ())))

    def is_dir(self) -> bool:
        """Something lies below this path."""
        return self._path in self._folders

    def is_file(self) -> bool:
        """The archive has a file of this path."""
        return self._path in self._files

    def joinpath(self, *descendants: str | PathLike[str]) -> MemoryFolder:
        """The folder or file below this one."""
        parts = [part for text in (self._path, *descendants) for part in str(text).split("/") if part not in ("", ".")]
        return MemoryFolder(self._files, self._archive, "/".join(parts), self._folders)

    def __truediv__(self, child: str | PathLike[str]) -> MemoryFolder:
        return self.joinpath(child)

    def read_bytes(self) -> bytes:
        """Content of a file."""
        if not self.is_file():
            raise FileNotFoundError(str(self))
        return self._files[self._path]

    def read_text(self, encoding: str | None = None) -> str:
        """Content of a file as text, UTF-8 by default."""
        return self.read_bytes().decode(encoding or "utf-8")

    def open(self, mode: str = "r", *args: Any, **kwargs: Any) -> IO[Any]:
        """A stream on a file's content."""
        stream = io.BytesIO(self.read_bytes())
        return stream if "b" in mode else io.TextIOWrapper(stream, *args, **kwargs)


def _folders(files: Mapping[str, bytes]) -> dict[str, set[str]]:
    """Names of what lies in each folder, by the folder's path."""
    folders: dict[str, set[str]] = {"": set()}
    for path in files:
        while path:
            path, _, name = path.rpartition("/")
            folders.setdefault(path, set()).add(name)
    return folders


def is_archive(path: Traversable) -> bool:
    """Judged by the suffix."""
    return path.name.lower().endswith(SUFFIXES)


def open_archive(path: Path, suffixes: tuple[str, ...] = TEXT) -> MemoryFolder:
    """Read the text files of a zip or tar archive; images are left out.

    Args:
        suffixes: of the files that are read, in lower case; the others are named by ``unread`` of what is returned.

    Raises:
        InputError: it is damaged, or unpacks to more than :func:`evalkit.reading.text.text_limit`.
    """
    try:
        read = _zip_members if path.name.lower().endswith(".zip") else _tar_members
        members = list(read(path, suffixes))
        unread = tuple(name for name, content in members if content is None)
        return MemoryFolder(_distinct(members, path), path, unread=unread)
    except UNREADABLE as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: Exception) -> InputError:
    """What an error of :data:`UNREADABLE` says about an archive."""
    if _ends_early(path, error):
        return InputError("ends early: a part of the archive is missing", path=path, hint="copy or pack it again")
    return InputError(f"cannot be read as an archive: {error}", path=path, hint="unpack it and give the folder")


def _ends_early(path: Path, error: Exception) -> bool:
    if isinstance(error, zipfile.BadZipFile):  # a zip file's table of contents is its end
        with path.open("rb") as file:
            return file.read(4) == b"PK\3\4" and not zipfile.is_zipfile(path)
    return isinstance(error, EOFError) or str(error) == "unexpected end of data"


class _Header(tarfile.TarInfo):
    """A tar header that knows a cut archive, which tarfile takes for a shorter one."""

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> Self:
        try:
            return super().fromtarfile(archive)
        except _CUT as error:
            raise EOFError from error


def _zip_members(path: Path, suffixes: tuple[str, ...]) -> Iterator[_Member]:
    with zipfile.ZipFile(path) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        wanted = {member.filename for member in members if member.filename.lower().endswith(suffixes)}
        refuse_large(sum(member.file_size for member in members if member.filename in wanted), path, _UNPACKS)
        for member in members:
            yield _clean(member.filename), archive.read(member) if member.filename in wanted else None


def _tar_members(path: Path, suffixes: tuple[str, ...]) -> Iterator[_Member]:
    total = 0
    with tarfile.open(path, "r|*", tarinfo=_Header) as archive:
        for member in archive:
            if not member.isfile():
                continue
            stream = archive.extractfile(member) if member.name.lower().endswith(suffixes) else None
            if stream is None:
                yield _clean(member.name), None
                continue
            total += member.size
            refuse_large(total, path, _UNPACKS)
            yield _clean(member.name), stream.read()


def _distinct(members: Iterable[_Member], path: Path) -> dict[str, bytes]:
    """Content by path, once it is sure that each path is one place in the archive."""
    files: dict[str, bytes] = {}
    for name, content in members:
        if content is None:
            continue
        problem = "leads out of the archive" if ".." in name.split("/") else "is there twice" if name in files else ""
        if problem:
            raise InputError(problem, path=f"{path}/{name}", hint="whoever packed it should pack it again")
        files[name] = content
    return files


def _clean(name: str) -> str:
    parts = name.replace("\\", "/").encode("utf-8", "backslashreplace").decode().split("/")  # a tar's may be no UTF-8
    return "/".join(part for part in parts if part not in ("", "."))
