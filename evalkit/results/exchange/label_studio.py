"""Label Studio's JSON: a task a clip, a ``videorectangle`` a track, keyframes in percent of the image.

Frames of its keyframes count from 1. ``enabled`` says that the box goes on after the keyframe, in a straight line to
the next one; a keyframe that is not enabled is the last that shows the target. Annotation lies in a task's
``annotations``, results of trackers in its ``predictions``, where ``model_version`` is the tracker.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote
from xml.sax.saxutils import quoteattr

import numpy as np

from evalkit.errors import InputError
from evalkit.files import write_atomic
from evalkit.reading.fields import as_list, as_mapping, as_text, field_of
from evalkit.reading.text import read_json
from evalkit.results.exchange.clip import Clip, Track, checked_length, distinct, joined
from evalkit.results.exchange.exact import Four, four, from_percentages, numbers, percentages, text
from evalkit.results.exchange.fields import as_coordinate, as_whole, rows_of, within
from evalkit.results.exchange.formats import Format, files_of, json_begins
from evalkit.results.exchange.frames import find_frames, given_frames, with_frames
from evalkit.results.exchange.keyframes import Key, filled
from evalkit.shown import one_line

HINT = "export a video project as JSON, not as JSON-MIN"
_KIND = "videorectangle"
_SIDES = ("x", "y", "width", "height")
_CLIP = "clip"
"""Beside the video in a task's data: the clip's own name, where we wrote the task."""
_UPLOADED = re.compile(r"^[0-9a-f]{8}-")
"""What Label Studio puts before the name of a file that was uploaded."""


def claims(path: Path) -> bool:
    """A JSON list that begins with a task, or a folder with one."""
    return json_begins(path, b"[", ("annotations", "predictions", "data"))


def read(path: Path, frames: Path | None = None) -> tuple[Clip, ...]:
    """The clips of an export, or of all in a folder; raises InputError with the place in the file.

    Percent become pixels by the size of the images or the video, which must be at hand.
    """
    clips: list[Clip] = []
    for file in files_of(path, ".json"):
        with within(file, HINT):
            tasks = as_list(read_json(file, exact=True), "the file")
            clips += (_clip(as_mapping(task, f"[{at}]"), f"[{at}]", file, frames) for at, task in enumerate(tasks))
    if not clips:
        raise InputError("holds no task", path=path, hint=HINT)
    return joined(clips)


def write(clips: Sequence[Clip], folder: Path) -> None:
    """``tasks.json`` to import, and ``labeling_config.xml`` for the project's settings; every frame is a keyframe."""
    labels = dict.fromkeys(one_line(track.name) for clip in clips for track in clip.tracks)
    choices = "".join(f"<Label value={quoteattr(label)}/>" for label in labels)
    tags = [f'<Labels name="label" toName="video">{choices}</Labels>', '<Video name="video" value="$video"/>',
            '<VideoRectangle name="box" toName="video"/>']  # fmt: skip
    write_atomic(folder / "labeling_config.xml", "\n".join(["<View>", *tags, "</View>", ""]))
    write_atomic(folder / "tasks.json", _json([_task(clip, number) for number, clip in enumerate(clips, 1)]) + "\n")


FORMAT = Format("Label Studio video tasks", claims, read, write)


def _clip(task: Mapping[str, Any], place: str, path: Path, frames: Path | None) -> Clip:
    data = field_of(task, "data", place, as_mapping)
    video = next((value for name, value in data.items() if isinstance(value, str) and name != _CLIP), path.stem)
    file = unquote(PurePosixPath(as_text(video, f"{place}.data").partition("?")[0].replace("\\", "/")).name)
    plain = _UPLOADED.sub("", file) or path.stem
    name = as_text(data.get(_CLIP) or PurePosixPath(plain).stem, f"{place}.data.{_CLIP}")
    found = given_frames(frames) or find_frames([file, plain, name], [frames, path.parent])
    bare = with_frames(Clip(name, 1, ()), found)
    if bare.size is None:
        raise InputError(f"{place} holds percent of the image, and {plain} is not at hand",
                         hint="give the video or the images with --frames")  # fmt: skip
    results = list(_results(task, place))
    lengths = {
        as_whole(value["framesCount"], f"{at}.framesCount") for at, value, _ in results if "framesCount" in value
    }
    if len(lengths) != 1:
        raise InputError(
            f"{place} states {len(lengths)} numbers of frames", hint="framesCount of each track must agree"
        )
    length = checked_length(lengths.pop(), place, len(results))
    tracks = distinct(_track(value, at, model, length, bare.size) for at, value, model in results)
    return with_frames(Clip(name, length, tracks, bare.size), found)


def _results(task: Mapping[str, Any], place: str) -> Iterator[tuple[str, dict[str, Any], str]]:
    """(place, value, model version) of each video rectangle; the version is empty of what people drew."""
    for kind in ("annotations", "predictions"):
        for where, one in rows_of(task, kind):
            if one.get("was_cancelled"):
                continue
            version = as_text(one.get("model_version") or kind, f"{place}.{where}") if kind == "predictions" else ""
            for at, result in rows_of(one, "result"):
                if result.get("type") == _KIND:
                    inner = f"{place}.{where}.{at}.value"
                    yield inner, as_mapping(result.get("value"), inner), version


def _track(value: Mapping[str, Any], place: str, model: str, length: int, size: tuple[int, int]) -> Track:
    labels = as_list(value.get("labels", []), f"{place}.labels")
    label = model or as_text(labels[0] if labels else "target", f"{place}.labels")
    rows = list(rows_of(value, "sequence"))
    keys, scores = [], np.full(length, np.nan)
    for where, row in rows:
        key, score = _key(row, f"{place}.{where}", size)
        keys.append(key)
        if score is not None and 0 <= key.frame < length:
            scores[key.frame] = score
    boxes = filled(keys, length, place)
    return Track(label, boxes, None if np.isnan(scores).all() else scores, not model)


def _key(row: Mapping[str, Any], place: str, size: tuple[int, int]) -> tuple[Key, float | None]:
    frame = field_of(row, "frame", place, as_whole) - 1
    if frame < 0:
        raise InputError(f"{place} is of frame 0, and frames count from 1")
    if as_coordinate(row.get("rotation", 0), f"{place}.rotation") != 0:
        raise InputError(f"{place}: the box is rotated", hint="boxes have sides along the image's")
    x, y, w, h = (field_of(row, side, place, as_coordinate) for side in _SIDES)
    score = None if row.get("score") is None else float(as_coordinate(row["score"], f"{place}.score"))
    box = numbers(from_percentages((x, y, w, h), size))
    return Key(frame, box, goes_on=row.get("enabled", True) is not False), score


def _task(clip: Clip, number: int) -> dict[str, Any]:
    size = clip.known_size("Label Studio's JSON")
    truth = [track for track in clip.tracks if track.truth]
    others = [track for track in clip.tracks if not track.truth]
    video = clip.frames.name if clip.frames is not None and not clip.images else clip.name
    return {
        "id": number,
        "data": {"video": video, _CLIP: clip.name},
        "annotations": [{"result": [_result(track, size) for track in truth]}] if truth else [],
        "predictions": [{"model_version": track.name, "result": [_result(track, size)]} for track in others],
    }


def _result(track: Track, size: tuple[int, int]) -> dict[str, Any]:
    present = track.present
    sequence = []
    for frame in np.flatnonzero(present).tolist():
        goes_on = frame + 1 < len(present) and bool(present[frame + 1])
        sides: Four = percentages(four(track.boxes[frame].tolist()), size)
        row = {
            "frame": frame + 1,
            "enabled": goes_on,
            "rotation": 0,
            "time": 0,
            **dict(zip(_SIDES, sides, strict=True)),
        }
        score = np.nan if track.scores is None else float(track.scores[frame])
        sequence.append(row if np.isnan(score) else row | {"score": score})
    value = {"framesCount": len(present), "duration": 0, "sequence": sequence, "labels": [one_line(track.name)]}
    return {
        "id": f"track-{one_line(track.name)}",
        "type": _KIND,
        "from_name": "box",
        "to_name": "video",
        "value": value,
    }


def _json(value: object) -> str:
    """JSON whose Decimals are numbers of all their digits, which Python's own writer has no way to say."""
    if isinstance(value, Decimal):
        return text(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)}: {_json(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_json, value)) + "]"
    return json.dumps(value, allow_nan=False)
