"""COCO video JSON: COCO's images and annotations, with ``videos``, and ``tracks`` that join boxes (CocoVID, TAO).

``bbox`` is x, y, w, h in pixels; the top-left corner of the image is (0, 0), ``frame_id`` counts from 0. One file holds
the annotation of all clips, one more a tracker its boxes with ``score``, so that either is what COCO's own tools take.
YouTube-VIS's form, an annotation a track with ``bboxes``, is read as well.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from evalkit.errors import InputError
from evalkit.files import write_atomic
from evalkit.reading.fields import as_list, as_mapping, as_text, field_of
from evalkit.reading.text import read_json
from evalkit.results.exchange.clip import Clip, Track, checked_length, empty_boxes, joined
from evalkit.results.exchange.exact import Four, numbers
from evalkit.results.exchange.fields import as_box, as_coordinate, as_key, as_whole, rows_of, size_of, within
from evalkit.results.exchange.formats import Format, files_of, json_begins
from evalkit.results.exchange.frames import find_frames, given_frames, with_frames
from evalkit.trackers.folders import folder_name

HINT = "COCO video JSON has videos, images with video_id and frame_id, annotations with image_id and track_id"


def claims(path: Path) -> bool:
    """A JSON object that begins with one of COCO's lists, or a folder with one."""
    return json_begins(path, b"{", ("images", "videos", "annotations"))


def read(path: Path, frames: Path | None = None) -> tuple[Clip, ...]:
    """The clips of a file, or of all files in a folder; raises InputError with file and place."""
    clips = []
    for file in files_of(path, ".json"):
        with within(file, HINT):
            clips += _clips(as_mapping(read_json(file, exact=True), "the file"), file, frames)
    if not clips:
        raise InputError("holds no clip", path=path, hint=HINT)
    return joined(clips)


def write(clips: Sequence[Clip], folder: Path) -> None:
    """``ground_truth.json``, and ``<tracker>.json`` of each tracker."""
    trackers = dict.fromkeys(track.name for clip in clips for track in clip.tracks if not track.truth)
    if any(track.truth for clip in clips for track in clip.tracks):
        _write(clips, None, folder / "ground_truth.json")
    for tracker in trackers:
        _write(clips, tracker, folder / f"{folder_name(tracker)}.json")


FORMAT = Format("COCO video JSON", claims, read, write)


@dataclass
class _Video:
    """What a file says of one video before its boxes are known."""

    name: str
    size: tuple[int, int] | None = None
    images: dict[str, tuple[int, str]] = field(default_factory=dict)
    """(frame, file name) by id."""


def _clips(content: Mapping[str, Any], file: Path, frames: Path | None) -> list[Clip]:
    videos = _videos(content, file)
    names = {as_key(row.get("id"), f"{place}.id"): row.get("name") for place, row in rows_of(content, "categories")}
    named = {as_key(row.get("id"), f"{place}.id"): row.get("name") for place, row in rows_of(content, "tracks")}
    of_image = {key: video for video, facts in videos.items() for key in facts.images}
    boxes: dict[str, dict[str, dict[int, Four]]] = {video: defaultdict(dict) for video in videos}
    scores: dict[tuple[str, str], dict[int, float]] = defaultdict(dict)
    labels: dict[tuple[str, str], str] = {}
    for place, row in rows_of(content, "annotations"):
        key = _track_id(row, place)
        category = as_key(row.get("category_id", ""), f"{place}.category_id")
        score = float(as_coordinate(row["score"], f"{place}.score")) if "score" in row else None
        for video, frame, box in _placed(row, place, videos, of_image):
            if frame in boxes[video][key]:
                what = f"track {key}" if key else "the clip, and has no track_id"
                raise InputError(f"{place} is a second box of {what} in frame {frame} of {videos[video].name}")
            boxes[video][key][frame] = box
            labels.setdefault((video, key), as_text(named.get(key) or names.get(category) or key or "target", place))
            if score is not None:
                scores[video, key][frame] = score
    for video, facts in videos.items():
        checked_length(len(facts.images), str(file), len(boxes[video]))
    return [
        _clip(facts, [_track(labels[video, key], rows, scores.get((video, key)), len(facts.images))
                      for key, rows in boxes[video].items()], file, frames)
        for video, facts in videos.items()
    ]  # fmt: skip


def _track_id(row: Mapping[str, Any], place: str) -> str:
    """What joins boxes to a track: ``track_id`` or ``instance_id``; YouTube-VIS has one annotation a track."""
    keys = ("track_id", "instance_id", *(("id",) if "bboxes" in row else ()))
    return next((as_key(row[name], f"{place}.{name}") for name in keys if name in row), "")


def _placed(
    row: Mapping[str, Any], place: str, videos: Mapping[str, _Video], of_image: Mapping[str, str]
) -> Iterator[tuple[str, int, Four]]:
    """(video, frame, box) of an annotation: one box, or of YouTube-VIS one a frame, null where there is none."""
    if "bboxes" not in row:
        image = field_of(row, "image_id", place, as_key)
        if image not in of_image:
            raise InputError(f"{place}.image_id: there is no image {image}")
        video = of_image[image]
        yield video, videos[video].images[image][0], field_of(row, "bbox", place, as_box)
        return
    video, rows = field_of(row, "video_id", place, as_key), field_of(row, "bboxes", place, as_list)
    length = len(videos[video].images) if video in videos else 0
    if len(rows) != length:
        raise InputError(f"{place} has {len(rows)} boxes, video {video} has {length} frames")
    for frame, box in enumerate(rows):
        if box is not None:
            yield video, frame, as_box(box, f"{place}.bboxes[{frame}]")


def _videos(content: Mapping[str, Any], file: Path) -> dict[str, _Video]:
    """Videos by id; images without one belong to a clip that is called like the file."""
    videos = {}
    for place, row in rows_of(content, "videos"):
        key = field_of(row, "id", place, as_key)
        files = [as_text(name, f"{place}.file_names") for name in as_list(row.get("file_names", []), place)]
        name = as_text(row.get("name") or (Path(files[0]).parent.name if files else "") or key, f"{place}.name")
        images = {f"{key}/{frame}": (frame, file_name) for frame, file_name in enumerate(files)}
        videos[key] = _Video(name, size_of(row, place), images)
    order: dict[str, list[tuple[int, str, str]]] = defaultdict(list)
    for index, (place, row) in enumerate(rows_of(content, "images")):
        video = as_key(row.get("video_id", ""), f"{place}.video_id")
        if video not in videos:
            if video:
                raise InputError(f"{place}.video_id: there is no video {video}")
            videos[video] = _Video(file.stem)
        frame = field_of(row, "frame_id", place, as_whole) if "frame_id" in row else index
        name = as_text(row.get("file_name", ""), f"{place}.file_name")
        order[video].append((frame, field_of(row, "id", place, as_key), name))
        videos[video].size = videos[video].size or size_of(row, place)
    for video, rows in order.items():
        for number, (_, key, name) in enumerate(sorted(rows)):
            if key in videos[video].images:
                raise InputError(f"there are two images {key}")
            videos[video].images[key] = number, name
    return {video: facts for video, facts in videos.items() if facts.images}


def _track(name: str, rows: Mapping[int, Four], scores: Mapping[int, float] | None, length: int) -> Track:
    boxes, said = empty_boxes(length), np.full(length, np.nan)
    for frame, box in rows.items():
        boxes[frame] = numbers(box)
    for frame, score in (scores or {}).items():
        said[frame] = score
    return Track(name, boxes, said if scores else None, not scores)


def _clip(video: _Video, tracks: Sequence[Track], file: Path, frames: Path | None) -> Clip:
    images = [name for _, name in video.images.values()]
    place = given_frames(frames) or find_frames([video.name, *{str(Path(name).parent) for name in images}],
                                                [frames, file.parent])  # fmt: skip
    own = tuple(Path(name).name for name in images) if all(images) else ()
    return with_frames(Clip(video.name, len(images), tuple(tracks), video.size, images=own), place)


def _write(clips: Sequence[Clip], tracker: str | None, path: Path) -> None:
    """One file: the annotation if ``tracker`` is None, else that tracker's boxes."""
    names = dict.fromkeys(track.name for clip in clips for track in clip.tracks if _is_of(track, tracker))
    category = {name: number for number, name in enumerate(names, 1)}
    content: dict[str, list[dict[str, Any]]] = {key: [] for key in ("videos", "images", "annotations", "tracks")}
    for video, clip in enumerate(clips, 1):
        width, height = clip.size or (0, 0)
        size = {"width": width, "height": height}
        content["videos"].append({"id": video, "name": clip.name, **size, "length": clip.length})
        first = len(content["images"]) + 1
        for frame in range(clip.length):
            name = f"{clip.name}/{clip.image(frame)}"
            image = {"id": first + frame, "video_id": video, "frame_id": frame, "file_name": name, **size}
            content["images"].append(image)
        for track in (track for track in clip.tracks if _is_of(track, tracker)):
            number = len(content["tracks"]) + 1
            of = {"video_id": video, "category_id": category[track.name]}
            content["tracks"].append({"id": number, "name": track.name, **of})
            for frame in np.flatnonzero(track.present).tolist():
                identity = {"id": len(content["annotations"]) + 1, "image_id": first + frame, "track_id": number, **of}
                content["annotations"].append(identity | _box(track, frame))
    content["categories"] = [{"id": number, "name": name} for name, number in category.items()]
    write_atomic(path, json.dumps(content, allow_nan=False) + "\n")


def _is_of(track: Track, tracker: str | None) -> bool:
    return track.truth if tracker is None else not track.truth and track.name == tracker


def _box(track: Track, frame: int) -> dict[str, Any]:
    box = track.boxes[frame].tolist()
    fields: dict[str, Any] = {"bbox": box, "area": box[2] * box[3], "iscrowd": 0}
    if not track.truth:
        score = np.nan if track.scores is None else float(track.scores[frame])
        fields["score"] = 1.0 if np.isnan(score) else score
    return fields
