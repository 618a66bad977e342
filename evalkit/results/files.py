"""The files of a results tree, a folder or an archive that is read into memory, and what their names say they are."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from evalkit.errors import InputError
from evalkit.reading.archive import is_archive, open_archive
from evalkit.reading.text import is_there, printable, read_bytes

_CSV = "csv"
SUFFIXES = frozenset({"txt", "mat", "json", "npy", _CSV})
"""Endings of results, in lower case, which are no part of a sequence's name."""
VALUE = "value"
"""Ending of vot-toolkit's files of one number a frame."""
# What lies beside results and is none: seconds, confidences, visibility, further boxes, an attack's figures.
_BESIDE = re.compile(
    r".+_(times?|scores?|confidences?|conf|visible|fps|speed|object_presence_scores|all_boxes|all_scores|psnr|ssim|queries)",
    re.IGNORECASE,
)
_PERFMAT = "avesuccessrateplot_"
_OURS = frozenset({"run.json"})
_UNREAD = frozenset(
    {"bin", "tsv", "pkl", "pickle", "npz", "h5", "hdf5", "pt", "pth", "xml", "yaml", "yml", "dat"}
    | {"zip", "rar", "7z", "tar", "gz", "tgz", "xz", "bz2", "xls", "xlsx", "parquet"}
)
"""Endings of files that may be results, or hold some, and are not read."""
EXPECTED = "<sequence>.txt or .csv with a row x,y,w,h a frame, OTB's .mat or .json, or .npy; other formats are not read"
"""What results are, for whoever has none of these."""
_GIVE = f"give a folder, or a .zip or .tar.xz of one: {EXPECTED}"


@dataclass(frozen=True)
class ResultFile:
    """One result file: on disk, or a member of an archive in memory.

    Attributes:
        place: how messages name it.
        source: its path, or its content.
    """

    place: str
    source: Path | bytes

    @property
    def name(self) -> str:
        """Without the folders or the archive that it lies in."""
        return Path(self.place).name

    def read(self) -> bytes:
        """Content; raises InputError that names the file."""
        return self.source if isinstance(self.source, bytes) else read_bytes(self.source)


@dataclass(frozen=True)
class OwnForm:
    """Results in the form of one benchmark alone, beside those that every benchmark's may have.

    Attributes:
        ending: of such files, in lower case.
        parts: ``parts(file, sequence)`` gives the files that results of ours would be, read when they are asked for, by
            what follows the sequence's name: boxes by ``.ending`` itself, ``_score.txt``, ``_visible.txt``.
    """

    ending: str
    parts: Callable[[ResultFile, str], Mapping[str, ResultFile]]


@dataclass(frozen=True)
class Listing:
    """What lies in a tree.

    Attributes:
        files: results and what has the same endings, by path relative to the tree, ``/`` between the parts; sorted.
        unread: paths of files that may be results and are not read.
        values: vot-toolkit's ``.value`` files of one number a frame, which lie beside results, by path.
        own: files with the ending that was asked for, by path.
        links: paths of links to folders, which are not followed.
        runs: paths of the ``run.json`` of each run that was begun.
    """

    files: Mapping[str, ResultFile]
    unread: tuple[str, ...]
    values: Mapping[str, ResultFile]
    own: Mapping[str, ResultFile]
    links: tuple[str, ...]
    runs: tuple[str, ...]


def list_tree(root: Path, own: str = "") -> Listing:
    """Look through a folder or an archive; hidden folders are left out, links to folders are not followed.

    Args:
        own: a further ending of results, see :class:`OwnForm`; empty for none.

    Raises:
        InputError: ``root`` does not exist, is no folder and no archive, a folder in it cannot be listed, or the
            archive is damaged or too large.
    """
    if not is_there(root):
        raise InputError("does not exist", path=root, hint=_GIVE)
    is_file = root.is_file()
    links: list[str] = []
    if root.is_dir():
        by_path, others, links = _below(root, own)
    elif is_file and is_archive(root):
        archive = open_archive(root, tuple(f".{suffix}" for suffix in (*SUFFIXES, VALUE, own) if suffix))
        by_path = {path: ResultFile(f"{root}/{path}", content) for path, content in archive.files.items()}
        others = list(archive.unread)
    elif is_file and is_result_name(root.name):
        by_path, others = {root.name: ResultFile(str(root), root)}, []
    else:
        raise InputError("is no folder of results", path=root, hint=_GIVE)
    files = {path: by_path[path] for path in sorted(by_path) if is_result_name(_name(path)) and not _is_hidden(path)}
    beside = {path for path in files if own != _CSV and _is_beside(path, files)}
    files = {path: file for path, file in files.items() if path not in beside}
    values = {path: by_path[path] for path in sorted(by_path) if is_value_name(path) and not _is_hidden(path)}
    owned = {path: by_path[path] for path in sorted(by_path) if _ends_in(path, own) and not _is_hidden(path)}
    runs = tuple(sorted(path for path in others if _name(path) in _OURS and not _is_hidden(path)))
    unread = tuple(sorted((*_unread(others), *beside)))
    return Listing(files, unread, values, owned, tuple(sorted(links)), runs)


def _ends_in(path: str, ending: str) -> bool:
    return bool(ending) and path.lower().endswith(f".{ending}")


def _is_beside(path: str, files: Mapping[str, ResultFile]) -> bool:
    """A .csv beside a result of the same name in another form: a log of seconds or scores, or a copy."""
    before, _, ending = path.rpartition(".")
    return ending.lower() == _CSV and any(f"{before}.{other}" in files for other in SUFFIXES - {_CSV})


def _unread(paths: Iterable[str]) -> Iterator[str]:
    return (path for path in paths if path.rpartition(".")[2].lower() in _UNREAD and not _is_hidden(path))


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _is_hidden(path: str) -> bool:
    """As macOS packs them beside the files proper: ``__MACOSX/``, ``._Basketball.txt``."""
    return any(part.startswith(".") or part == "__MACOSX" for part in path.split("/"))


def _below(root: Path, own: str) -> tuple[dict[str, ResultFile], list[str], list[str]]:
    """Results and values by path, other files, links to folders."""
    by_path, others, links = {}, [], []
    for folder, subfolders, names in os.walk(root, onerror=_refuse):
        subfolders[:] = [name for name in subfolders if not name.startswith(".")]
        relative = os.path.relpath(folder, root).replace(os.sep, "/")
        prefix = "" if relative == "." else printable(f"{relative}/")
        for name in names:
            if is_result_name(name) or is_value_name(name) or _ends_in(name, own):
                path = Path(folder, name)
                by_path[prefix + printable(name)] = ResultFile(printable(str(path)), path)
            else:
                others.append(prefix + printable(name))
        links += [prefix + printable(name) for name in subfolders if os.path.islink(os.path.join(folder, name))]
    return by_path, others, links


def _refuse(error: OSError) -> NoReturn:
    raise InputError(f"cannot be listed: {error.strerror or error}", path=printable(str(error.filename))) from error


def is_result_name(name: str) -> bool:
    """The ending is that of a result, and it is no file of ours that has the same."""
    return name.rpartition(".")[2].lower() in SUFFIXES and name not in _OURS


def is_value_name(path: str) -> bool:
    """The ending is that of vot-toolkit's files of one number a frame."""
    return path.lower().endswith(f".{VALUE}")


def stem(path: str) -> str:
    """``Basketball`` of ``mine/Basketball.txt``; several times as fast as pathlib, which thousands of files feel."""
    name = path.rpartition("/")[2]
    before, dot, end = name.rpartition(".")
    return before if dot and end.lower() in SUFFIXES else name


def lies_beside(path: str) -> bool:
    """The file holds seconds or confidences, not boxes, by its name."""
    return _BESIDE.fullmatch(stem(path)) is not None


def is_perfmat(path: str) -> bool:
    """The file is called as perfMat files are."""
    return path.rpartition("/")[2].lower().startswith(_PERFMAT)
