"""The text files of a results tree: a folder, or an archive that is read into memory."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from evalkit.benchmarks.archive import is_archive, open_archive
from evalkit.errors import InputError

_SUFFIX = ".txt"
_UNREAD = frozenset({"txt", "bin", "mat", "csv", "npy", "pkl"})
EXPECTED = "<sequence>.txt with a row x,y,w,h a frame; MATLAB's .mat and other formats are not read"
"""What results are, for whoever has none of these."""


@dataclass(frozen=True)
class ResultFile:
    """One result file: on disk, or a member of an archive in memory.

    Attributes:
        place: how messages name it.
        source: its path, or its content.
    """

    place: str
    source: Path | bytes

    def read(self) -> bytes:
        """Content; raises InputError that names the file."""
        if isinstance(self.source, bytes):
            return self.source
        try:
            return self.source.read_bytes()
        except OSError as error:
            raise InputError(f"cannot be read: {error.strerror or error}", path=self.place) from error


def list_files(root: Path) -> Mapping[str, ResultFile]:
    """Text files below a folder or in an archive, by path relative to it with ``/`` between the parts; sorted.

    Hidden folders are left out, links to folders are not followed.

    Raises:
        InputError: ``root`` does not exist, is no folder and no archive, or the archive is damaged or too large.
    """
    if root.is_dir():
        found = _below(root)
    elif root.is_file() and is_archive(root):
        archive = open_archive(root)
        found = {path: ResultFile(f"{root}/{path}", content) for path, content in archive.files.items()}
    elif root.is_file() and root.suffix == _SUFFIX:
        found = {root.name: ResultFile(str(root), root)}
    else:
        problem = "is no folder of results" if root.exists() else "does not exist"
        raise InputError(problem, path=root, hint=f"give a folder, or a .zip or .tar.xz of one: {EXPECTED}")
    return {path: found[path] for path in sorted(found) if path.endswith(_SUFFIX) and not _is_hidden(path)}


def unread_files(root: Path) -> tuple[str, ...]:
    """Files of a tree that may be results but are not read, for their suffix: VOT's ``.bin``, MATLAB's, ``.TXT``."""
    if root.is_dir():
        paths = [os.path.relpath(Path(folder, name), root) for folder, _, names in os.walk(root) for name in names]
    else:
        paths = list(open_archive(root).files) if is_archive(root) else []
    endings = (path.rpartition(".")[2] for path in paths)
    other = (path for path, end in zip(paths, endings, strict=True) if end.lower() in _UNREAD and end != _SUFFIX[1:])
    return tuple(sorted(path for path in other if not _is_hidden(path)))


def _is_hidden(path: str) -> bool:
    """As macOS packs them beside the files proper: ``__MACOSX/``, ``._Basketball.txt``."""
    return any(part.startswith(".") or part == "__MACOSX" for part in path.split("/"))


def _below(root: Path) -> dict[str, ResultFile]:
    found = {}
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = [name for name in subfolders if not name.startswith(".")]
        relative = os.path.relpath(folder, root).replace(os.sep, "/")
        prefix = "" if relative == "." else f"{relative}/"
        for name in names:
            if name.endswith(_SUFFIX) and not name.startswith("."):
                path = Path(folder, name)
                found[prefix + name] = ResultFile(str(path), path)
    return found
