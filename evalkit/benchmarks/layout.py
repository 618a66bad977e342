"""Looking around on disk: the few questions that every benchmark's layout asks."""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path, PurePath

import numpy as np

from evalkit.errors import InputError
from evalkit.sequences.frame_choice import IMAGE_FOLDERS, IMAGE_SUFFIXES, folder_rank, has_image_name
from evalkit.sequences.packed import PACKED_SUFFIXES, count_frames
from evalkit.types import Boxes

_MANY = 64
"""So many images directly in a folder are a sequence's frames, whatever subfolders lie beside them."""
_LOOKED_AT = 20
_TEXT_SUFFIXES = (
    "", ".txt", ".csv", ".json", ".xml", ".yaml", ".yml", ".ini", ".md", ".mat", ".npy", ".npz", ".tag", ".label",
    ".value", ".meta", ".list", ".log", ".db", ".py", ".m", ".zip", ".tar",
)  # fmt: skip


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
    folders = [child for child in children(folder) if not child.name.startswith(".") and child.is_dir()]
    return sorted(folders, key=lambda child: child.name)


def first_folder(*folders: Traversable) -> Traversable | None:
    """The first of these that exists."""
    return next((folder for folder in folders if folder.is_dir()), None)


def beside(folder: Traversable, name: str) -> tuple[Path, ...]:
    """A folder ``name`` next to an annotation folder: people point at ``anno`` itself, its flags lie beside it."""
    known = isinstance(folder, Path) and plain(folder.name) in ("anno", "annos", "gtrect")
    return (folder.parent / name,) if isinstance(folder, Path) and known else ()


def frames_folder(*places: Traversable) -> Path | None:
    """Where a sequence's images lie: in the first of these places on disk that has any.

    A place has images when they lie in a subfolder with one of the names of :data:`IMAGE_FOLDERS`, in upper or lower
    case, the best name first, or in the place itself; many images in the place itself go before any subfolder. Else the
    first that is there packed: ``img.zip`` for ``img``, or, within a place, a video or archive with such a name.
    """
    packed = []
    for place in (place for place in places if isinstance(place, Path)):
        view = _view(place)
        if view.images is not None:
            return view.images
        beside = (place.parent / f"{place.name}{suffix}" for suffix in PACKED_SUFFIXES)
        packed += [*(file for file in beside if file.is_file()), *([view.packed] if view.packed else [])]
    return next(iter(packed), None)


def rivals(frames: Path) -> list[str]:
    """What might be the frames of the same sequence beside those that are taken, the best name first."""
    if _rank(frames) is None:
        return []
    others = [Path(str(child)) for child in children(frames.parent) if child.name != frames.name]
    named = sorted((rank, path.name, path) for path in others if (rank := _rank(path)) is not None)
    return [name for _, name, path in named if path.is_file() or _holds_image(path)]


def _rank(place: Path) -> int | None:
    """Of a folder or of something packed, by its name."""
    if place.is_dir():
        return folder_rank(place.name)
    return folder_rank(place.stem) if place.suffix.lower() in PACKED_SUFFIXES else None


@dataclass(frozen=True)
class _View:
    """What a place offers: a folder of images, and something packed."""

    images: Path | None = None
    packed: Path | None = None


def _view(place: Path) -> _View:
    images = 0
    names: list[tuple[int, str]] = []
    packed: list[tuple[int, str]] = []
    try:
        with os.scandir(place) as entries:  # lazy, unlike Path.iterdir: stops early in a folder of thousands
            for entry in entries:
                stem, suffix = os.path.splitext(entry.name)
                if has_image_name(entry.name) and not _is_folder(entry):
                    images += 1
                    if images == _MANY:
                        return _View(place)
                elif (rank := folder_rank(entry.name)) is not None and _is_folder(entry):
                    names.append((rank, entry.name))
                elif suffix.lower() in PACKED_SUFFIXES and not _is_folder(entry):
                    rank = 0 if stem == place.name else folder_rank(stem)
                    packed += [] if rank is None else [(rank, entry.name)]
    except (FileNotFoundError, NotADirectoryError):
        return _View()
    except OSError as error:
        raise InputError(f"cannot be listed: {error.strerror or error}", path=place) from error
    ranked = (place / name for _, name in sorted(names))
    images_folder = next(filter(_holds_image, ranked), place if images else None)
    return _View(images_folder, place / min(packed)[1] if packed else None)


def _holds_image(folder: Path) -> bool:
    try:
        with os.scandir(folder) as entries:
            return any(has_image_name(entry.name) and not _is_folder(entry) for entry in entries)
    except OSError as error:
        raise InputError(f"cannot be listed: {error.strerror or error}", path=folder) from error


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def unseen_images(folder: Path) -> str | None:
    """What lies in a sequence's folder, or one level down, and might be its images, though it is not taken for them.

    None where there is nothing of that kind; else a sentence that ends with what is taken.
    """
    findings = [finding for place in (folder, *subfolders(folder)[:_LOOKED_AT]) for finding in _unseen(folder, place)]
    if not findings:
        return None
    folders = ", ".join(IMAGE_FOLDERS)
    return f"{' and '.join(findings)} are not taken; taken are {' '.join(IMAGE_SUFFIXES)} there or in {folders}"


def _unseen(folder: Path, place: Traversable) -> list[str]:
    suffixes = Counter(PurePath(child.name).suffix.lower() for child in children(place) if not child.is_dir())
    where = "" if place is folder else f" in {place.name}/"
    others = [suffix for suffix in sorted(suffixes) if suffix not in (*IMAGE_SUFFIXES, *_TEXT_SUFFIXES)]
    findings = [f"{suffixes[suffix]} {suffix} files{where}" for suffix in others]
    images = sum(suffixes[suffix] for suffix in IMAGE_SUFFIXES)
    return [*findings, f"{images} images{where}"] if images and folder_rank(place.name) is None else findings


# Text files that lie beside annotations and are none.
_NO_ANNOTATION = frozenset({"list", "readme", "license", "attributes"})


def annotation_files(folder: Traversable) -> dict[str, Traversable]:
    """``<sequence>.txt`` of a flat folder by sequence, sorted; lists such as ``testing_set.txt`` are left out."""
    if not folder.is_dir():
        return {}
    files = {file.name.removesuffix(".txt"): file for file in children(folder) if file.name.endswith(".txt")}
    return {
        name: files[name]
        for name in sorted(files)
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
    return np.vstack([native, np.full((max(0, count_frames(frames) - 1), 4), np.nan)])
