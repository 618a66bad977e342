"""YOLO's text: a file a frame, a row a box, ``class cx cy w h [confidence]``, shares of the image's width and height.

``classes.txt`` (``obj.names`` of CVAT) has a class a line; a class is one track, unless the last of six or seven
columns is a whole number without a point, the id that Ultralytics writes when it tracks. Only results have
confidences: annotation has five columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from evalkit.errors import InputError
from evalkit.files import write_atomic
from evalkit.reading.text import read_text
from evalkit.results.exchange.clip import Clip, Track, checked_length, distinct, empty_boxes
from evalkit.results.exchange.exact import centre_shares, four, from_centre_shares, numbers, parsed, text
from evalkit.results.exchange.formats import Format
from evalkit.results.exchange.frames import find_frames, given_frames
from evalkit.sequences.frame_choice import natural_key
from evalkit.sequences.frames import list_images
from evalkit.sequences.packed import count_frames, first_image_size
from evalkit.trackers.folders import folder_name

_CLASSES = ("classes.txt", "obj.names")
_HINT = "class cx cy w h [confidence] [id], shares of the image's width and height"
_WHOLE = re.compile(r"[0-9]{1,9}")


def claims(path: Path) -> bool:
    """A folder with ``classes.txt`` or ``obj.names``."""
    return path.is_dir() and any((path / name).is_file() for name in _CLASSES)


def read(path: Path, frames: Path | None = None) -> tuple[Clip, ...]:
    """The clips of a folder of labels: one a folder with texts in it; raises InputError with file and row."""
    if not path.is_dir():
        raise InputError("is no folder", path=path, hint="YOLO has a text a frame: give their folder")
    classes = next((read_text(path / name).splitlines() for name in _CLASSES if (path / name).is_file()), [])
    names = [name.strip() for name in classes if name.strip()]
    root = path / "labels" if (path / "labels").is_dir() else path
    folders = [folder for folder in (root, *sorted(p for p in root.rglob("*") if p.is_dir())) if _texts(folder)]
    if not folders:
        raise InputError("holds no texts of boxes", path=path, hint="labels/<clip>/<frame>.txt")
    return tuple(_clip(folder, names, path, frames) for folder in folders)


def write(clips: Sequence[Clip], folder: Path) -> None:
    """``classes.txt`` with the tracks' names and ``labels/<clip>/<image>.txt``, empty of a frame without a box."""
    names = dict.fromkeys(track.name for clip in clips for track in clip.tracks)
    number = {name: index for index, name in enumerate(names)}
    write_atomic(folder / "classes.txt", "".join(f"{name}\n" for name in names))
    for clip in clips:
        size = clip.known_size("YOLO's text")
        place = folder / "labels" / folder_name(clip.name)
        tracks = [(track, number[track.name], track.present) for track in clip.tracks]
        for frame in range(clip.length):
            rows = (_row(track, frame, index, size) for track, index, present in tracks if present[frame])
            write_atomic(place / f"{Path(clip.image(frame)).stem}.txt", "".join(rows))


FORMAT = Format("YOLO text", claims, read, write)


def _row(track: Track, frame: int, number: int, size: tuple[int, int]) -> str:
    score = np.nan if track.truth or track.scores is None else float(track.scores[frame])
    confidence = "" if np.isnan(score) else f" {score!r}"
    return (
        " ".join((str(number), *map(text, centre_shares(four(track.boxes[frame].tolist()), size)))) + f"{confidence}\n"
    )


@dataclass
class _Rows:
    """The boxes of one track by frame."""

    label: str
    boxes: dict[int, tuple[float, ...]] = field(default_factory=dict)
    scores: dict[int, float] = field(default_factory=dict)


def _clip(folder: Path, names: Sequence[str], root: Path, frames: Path | None) -> Clip:
    name = root.resolve().name if folder.name in ("labels", root.name) else folder.name
    texts = _texts(folder)
    place = given_frames(frames) or find_frames(
        [name, folder.name, "images"], [frames, root / "images", root, root.parent]
    )
    size = None if place is None else first_image_size(place)
    if size is None:
        raise InputError("YOLO's text holds shares of the image, and no image is at hand", path=folder,
                         hint="give the images or the video with --frames")  # fmt: skip
    images = tuple(image.name for image in list_images(place)) if place is not None and place.is_dir() else ()
    index = _frames_of(texts, images)
    last = max(index.values()) + 1
    length = checked_length(len(images) or (count_frames(place) if place is not None else last), str(folder))
    if last > length:
        raise InputError(f"has labels of frame {last}, and there are {length} images", path=folder)
    rows: dict[str, _Rows] = {}
    for file, frame in index.items():
        _parse(file, frame, size, names, rows)
    checked_length(length, str(folder), len(rows))
    tracks = distinct(_track(rows[key], length) for key in sorted(rows, key=natural_key))
    return Clip(name, length, tracks, size, place, images)


def _texts(folder: Path) -> list[Path]:
    texts = (path for path in folder.glob("*.txt") if path.name not in (*_CLASSES, "train.txt", "val.txt", "test.txt"))
    return sorted(texts, key=lambda path: natural_key(path.name))


def _frames_of(texts: Iterable[Path], images: Sequence[str]) -> dict[Path, int]:
    """0-based frame of each text: that of the image of its name, else by the last number in the names.

    Raises:
        InputError: a text that belongs to no image, or to no number.
    """
    by_stem = {Path(image).stem: number for number, image in enumerate(images)}
    if by_stem:
        lost = next((file for file in texts if file.stem not in by_stem), None)
        if lost is not None:
            raise InputError(
                "no image is called like this", path=lost, hint=f"{len(images)} images, such as {images[0]}"
            )
        return {file: by_stem[file.stem] for file in texts}
    found = {}
    for file in texts:
        number = re.search(r"([0-9]{1,9})$", file.stem)
        if number is None:
            raise InputError("has no number of a frame in its name", path=file)
        found[file] = int(number[1])
    start = min([1, *found.values()])
    return {file: number - start for file, number in found.items()}


def _parse(file: Path, frame: int, size: tuple[int, int], names: Sequence[str], rows: dict[str, _Rows]) -> None:
    """Add the boxes of one text to ``rows``, by class and id."""
    for row, line in enumerate(read_text(file).splitlines(), 1):
        cells = line.split()
        if not cells:
            continue
        try:
            if len(cells) not in (5, 6, 7) or not _WHOLE.fullmatch(cells[0]):
                raise InputError(f"{len(cells)} columns" if _WHOLE.fullmatch(cells[0]) else f"class {cells[0][:20]!r}")
            x, y, w, h = (parsed(cell, what) for cell, what in zip(cells[1:5], ("cx", "cy", "w", "h"), strict=True))
            score, identity = _score_and_id(cells[5:])
        except InputError as error:
            raise InputError(error.problem, path=file, row=row, hint=_HINT) from error
        number = int(cells[0])
        label = names[number] if number < len(names) else str(number)
        track = rows.setdefault(f"{number} {identity}", _Rows(label))
        if frame in track.boxes:
            hint = "one class a target, or an id as the last column"
            raise InputError(f"a second box of {label} in one frame", path=file, row=row, hint=hint)
        track.boxes[frame] = numbers(from_centre_shares((x, y, w, h), size))
        if score is not None:
            track.scores[frame] = score


def _score_and_id(cells: Sequence[str]) -> tuple[float | None, str]:
    """Confidence and id of the columns behind a box: a whole number without a point is an id."""
    identity = cells[-1] if cells and _WHOLE.fullmatch(cells[-1]) else ""
    scores = cells[: len(cells) - bool(identity)]
    if len(scores) > 1:
        raise InputError(f"id {scores[1][:20]!r}")
    return (float(parsed(scores[0], "confidence")) if scores else None), identity


def _track(rows: _Rows, length: int) -> Track:
    boxes, scores = empty_boxes(length), np.full(length, np.nan)
    for frame, box in rows.boxes.items():
        boxes[frame] = box
    for frame, score in rows.scores.items():
        scores[frame] = score
    return Track(rows.label, boxes, scores if rows.scores else None, not rows.scores)
