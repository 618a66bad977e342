"""Looking around on disk: the few questions that every benchmark's layout asks."""

from __future__ import annotations

import os
import re
from importlib.resources.abc import Traversable
from pathlib import Path

import numpy as np

from evalkit.errors import InputError
from evalkit.frame_choice import is_image
from evalkit.packed_frames import PACKED_SUFFIXES, count_frames
from evalkit.types import Boxes


def plain(name: str) -> str:
    """Lower-case letters and digits of a name, so that ``GOT-10k`` and ``got10k`` are one.

    >>> plain("UAV123_10fps")
    'uav12310fps'
    """
    return re.sub(r"[^a-z0-9]", "", name.lower())


def children(folder: Traversable) -> list[Traversable]:
    """What lies directly in a folder; raises InputError that names it."""
    try:
        return list(folder.iterdir())
    except OSError as error:
        raise InputError(f"cannot be listed: {error.strerror or error}", path=str(folder)) from error


def subfolders(folder: Traversable) -> list[Traversable]:
    """Folders directly in a folder, sorted by name; empty if it is none."""
    if not folder.is_dir():
        return []
    found = [child for child in children(folder) if not child.name.startswith(".") and child.is_dir()]
    return sorted(found, key=lambda child: child.name)


def first_folder(*folders: Traversable) -> Traversable | None:
    """The first of these that exists."""
    return next((folder for folder in folders if folder.is_dir()), None)


def beside(folder: Traversable, name: str) -> tuple[Path, ...]:
    """A folder ``name`` next to an annotation folder: people point at ``anno`` itself, its flags lie beside it."""
    known = isinstance(folder, Path) and plain(folder.name) in ("anno", "annos", "gtrect")
    return (folder.parent / name,) if isinstance(folder, Path) and known else ()


def frames_folder(*folders: Traversable) -> Path | None:
    """The first of these on disk that holds an image, else the first that is there packed: ``img.zip`` for ``img``."""
    places = [folder for folder in folders if isinstance(folder, Path)]
    packed = (place.parent / f"{place.name}{suffix}" for place in places for suffix in PACKED_SUFFIXES)
    return next(filter(_holds_image, places), None) or next((file for file in packed if file.is_file()), None)


def _holds_image(folder: Path) -> bool:
    try:
        with os.scandir(folder) as entries:  # lazy, unlike Path.iterdir: stops at the first image of thousands
            return any(is_image(Path(entry.name)) for entry in entries)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise InputError(f"cannot be listed: {error.strerror or error}", path=folder) from error


# Text files that lie beside annotations and are none.
_NO_ANNOTATION = frozenset({"list", "readme", "license", "attributes"})


def annotation_files(folder: Traversable) -> dict[str, Traversable]:
    """``<sequence>.txt`` of a flat folder by sequence, sorted; lists such as ``testing_set.txt`` are left out."""
    if not folder.is_dir():
        return {}
    found = {file.name.removesuffix(".txt"): file for file in children(folder) if file.name.endswith(".txt")}
    return {
        name: found[name]
        for name in sorted(found)
        if plain(name) not in _NO_ANNOTATION and not name.endswith(("_set", "_dataset"))
    }


def sequence_folders(folder: Traversable, annotation: str) -> dict[str, Traversable]:
    """Subfolders that hold a file named ``annotation``, by name."""
    return {child.name: child for child in subfolders(folder) if (child / annotation).is_file()}


def optional_file(file: Traversable) -> Traversable | None:
    """The file if it is there."""
    return file if file.is_file() else None


def pad_to_frames(native: Boxes, frames: Path | None) -> Boxes:
    """Rows of NaN for the images after an annotation's only row: test sets give the first box alone."""
    if len(native) != 1 or frames is None:
        return native
    return np.vstack([native, np.full((count_frames(frames) - 1, 4), np.nan)])
