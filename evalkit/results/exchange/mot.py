"""MOTChallenge's text: a row a box, ``frame, id, x, y, w, h, confidence, class, visibility``; all count from 1.

Frames and coordinates count from 1: the top-left pixel is (1, 1) (MOTChallenge's devkit is MATLAB, and its rules say
so). Annotation lies in ``<clip>/gt/gt.txt`` beside ``<clip>/seqinfo.ini``, results are ``<clip>.txt``. Names are kept
in ``gt/labels.txt`` as CVAT does: line n names class n.
"""

from __future__ import annotations

import configparser
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from evalkit.errors import InputError
from evalkit.files import write_atomic
from evalkit.reading.text import read_text
from evalkit.results.exchange.clip import Clip, Track, checked_length, empty_boxes, joined
from evalkit.results.exchange.exact import Four, decimal, four, moved, numbers, parsed, text
from evalkit.results.exchange.formats import Format, first_bytes
from evalkit.results.exchange.frames import find_frames, given_frames, with_frames
from evalkit.sequences.packed import count_frames
from evalkit.trackers.folders import folder_name
from evalkit.types import Vector

_COLUMNS = range(6, 11)
_ROW = re.compile(r"\s*\d+(\.0*)?\s*,\s*-?\d+(\.0*)?(\s*,[^,\n]+){4,}")
_CONFIDENCE = 6
_LABELS = "labels.txt"


def claims(path: Path) -> bool:
    """A text whose first line looks like a row, a folder of such, or one with ``gt/gt.txt`` in it or one level down."""
    if path.is_dir():
        return bool(_annotations(path)) or any(map(claims, sorted(path.glob("*.txt"))[:1]))
    return path.suffix == ".txt" and bool(_ROW.match(first_bytes(path)[:1000].decode("utf-8", "replace")))


def read(path: Path, frames: Path | None = None) -> tuple[Clip, ...]:
    """The clips of one text, of a clip's folder, or of a folder of either; raises InputError with file and row."""
    files = [path] if path.is_file() else _annotations(path) or sorted(path.glob("*.txt"))
    if not files:
        raise InputError("holds no gt/gt.txt and no <clip>.txt", path=path)
    return joined(_clip(file, frames) for file in files)


def write(clips: Sequence[Clip], folder: Path) -> None:
    """``gt/<clip>/gt/gt.txt`` and ``seqinfo.ini`` of annotation, ``trackers/<tracker>/<clip>.txt`` of results."""
    for clip in clips:
        truth = [track for track in clip.tracks if track.truth]
        place = folder / "gt" / folder_name(clip.name)
        if truth:
            rows = (row for number, track in enumerate(truth, 1) for row in _rows(track, number))
            write_atomic(place / "gt" / "gt.txt", _text(rows))
            write_atomic(place / "gt" / _LABELS, "".join(f"{track.name}\n" for track in truth))
            write_atomic(place / "seqinfo.ini", _info(clip))
        for track in (track for track in clip.tracks if not track.truth):
            file = folder / "trackers" / folder_name(track.name) / f"{folder_name(clip.name)}.txt"
            write_atomic(file, _text(_rows(track, 1)))


FORMAT = Format("MOTChallenge text", claims, read, write)


def _annotations(folder: Path) -> list[Path]:
    places = (folder / "gt.txt", folder / "gt" / "gt.txt", *sorted(folder.glob("*/gt/gt.txt")))
    return [place for place in places if place.is_file()]


def _clip(file: Path, frames: Path | None) -> Clip:
    is_truth = file.name == "gt.txt"
    home = file.resolve().parent.parent if is_truth else file.parent
    name = home.name if is_truth else file.stem
    boxes, scores = _parse(read_text(file), str(file))
    info = _read_info(home / "seqinfo.ini") if is_truth else {}
    place = given_frames(frames) or find_frames([name], [frames, home, home.parent]) or find_frames(["img1"], [home])
    last = 1 + max(frame for rows in boxes.values() for frame in rows)
    length = info.get("seqlength") or (last if place is None else count_frames(place))
    if last > checked_length(length, str(file), len(boxes)):
        raise InputError(f"has a box in frame {last} of {length}", path=file, hint="seqinfo.ini or the images say so")
    labels = _labels(file.parent / _LABELS) if is_truth else []
    tracks = []
    for number, target in enumerate(sorted(boxes)):
        filled = empty_boxes(length)
        for frame, box in boxes[target].items():
            filled[frame] = numbers(box)
        said = None if is_truth else _of_frames(scores[target], length)
        tracks.append(Track(labels[number] if len(labels) == len(boxes) else str(target), filled, said, is_truth))
    size = (info.get("imwidth", 0), info.get("imheight", 0))
    return with_frames(Clip(name, length, tuple(tracks), size if min(size) > 0 else None), place)


def _of_frames(values: dict[int, float], length: int) -> Vector:
    scores: Vector = np.full(length, np.nan)
    scores[list(values)] = list(values.values())
    return scores


def _parse(content: str, path: str) -> tuple[dict[int, dict[int, Four]], dict[int, dict[int, float]]]:
    """Boxes and confidences by id and 0-based frame."""
    boxes: dict[int, dict[int, Four]] = defaultdict(dict)
    scores: dict[int, dict[int, float]] = defaultdict(dict)
    for row, line in enumerate(content.splitlines(), 1):
        if not line.strip():
            continue
        cells = [cell.strip() for cell in line.rstrip(", \t").split(",")]
        try:
            if len(cells) not in _COLUMNS:
                raise InputError(f"{len(cells)} columns")
            frame, target = _whole(cells[0], "frame") - 1, _whole(cells[1], "id")
            x, y, w, h = (parsed(cell, name) for cell, name in zip(cells[2:6], "xywh", strict=True))
            score = float(parsed(cells[_CONFIDENCE], "confidence")) if len(cells) > _CONFIDENCE else np.nan
        except InputError as error:
            hint = "frame,id,x,y,w,h,confidence,class,visibility"
            raise InputError(error.problem, path=path, row=row, hint=hint) from error
        if frame < 0:
            raise InputError("frame 0", path=path, row=row, hint="frames count from 1")
        if frame in boxes[target]:
            raise InputError(f"a second box of id {target} in frame {frame + 1}", path=path, row=row)
        boxes[target][frame], scores[target][frame] = moved((x, y, w, h), -1), score
    if not boxes:
        raise InputError("holds no boxes", path=path)
    return boxes, scores


def _whole(cell: str, what: str) -> int:
    """A whole number, which some tools write as 1.0."""
    match = re.fullmatch(r"(-?[0-9]{1,9})(\.0*)?", cell)
    if match is None:
        raise InputError(f"{what} {cell[:20]!r} is no whole number")
    return int(match[1])


def _rows(track: Track, number: int) -> list[tuple[int, str]]:
    """(frame, line) of every box."""
    rows = []
    for frame in np.flatnonzero(track.present).tolist():
        x, y, w, h = map(text, moved(four(track.boxes[frame].tolist()), 1))
        score = np.nan if track.scores is None else track.scores[frame]
        confidence = "1" if np.isnan(score) else text(decimal(float(score)))
        rest = f"1,{number},1" if track.truth else f"{confidence},-1,-1,-1"
        rows.append((frame, f"{frame + 1},{number},{x},{y},{w},{h},{rest}\n"))
    return rows


def _text(rows: Iterable[tuple[int, str]]) -> str:
    return "".join(line for _, line in sorted(rows))


def _info(clip: Clip) -> str:
    lines = ["[Sequence]", f"name={clip.name}", "imDir=img1", f"seqLength={clip.length}"]
    if clip.size is not None:
        lines += [f"imWidth={clip.size[0]}", f"imHeight={clip.size[1]}"]
    return "\n".join([*lines, f"imExt={Path(clip.image(0)).suffix}", ""])


def _read_info(file: Path) -> dict[str, int]:
    """``seqLength``, ``imWidth`` and ``imHeight`` of a seqinfo.ini, in lower case; nothing where there is no file."""
    if not file.is_file():
        return {}
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(read_text(file))
        section = parser["Sequence"]
    except (configparser.Error, KeyError) as error:
        raise InputError("is no seqinfo.ini: it has no [Sequence]", path=file) from error
    named = {key: section[key].strip() for key in ("seqlength", "imwidth", "imheight") if key in section}
    for key, value in named.items():
        if not re.fullmatch(r"[0-9]{1,9}", value):
            raise InputError(f"{key}={value[:20]} is no whole number", path=file)
    return {key: int(value) for key, value in named.items()}


def _labels(file: Path) -> list[str]:
    return [line.strip() for line in read_text(file).splitlines() if line.strip()] if file.is_file() else []
