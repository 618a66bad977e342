"""CVAT's own XML, "CVAT for video 1.1": a ``track`` a target, a ``box`` a frame: left, top, right, bottom in pixels.

Frames count from 0, and so do pixels; right is x + w. A box with ``outside="1"`` ends the target's stay. Between boxes
CVAT draws straight lines, though what it exports names every frame. Tracks of results are marked ``source="auto"``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from evalkit.errors import InputError
from evalkit.files import write_atomic
from evalkit.reading.archive import open_archive
from evalkit.reading.text import read_bytes
from evalkit.reading.xml import Element, parse_xml
from evalkit.results.exchange.clip import Clip, Track, checked_length, distinct, joined
from evalkit.results.exchange.exact import corners, four, from_corners, numbers, parsed, text
from evalkit.results.exchange.formats import Format, files_of
from evalkit.results.exchange.frames import find_frames, given_frames, with_frames
from evalkit.results.exchange.keyframes import Key, filled
from evalkit.shown import one_line
from evalkit.trackers.folders import folder_name

_HINT = "export the task as 'CVAT for video 1.1'"
_SIDES = ("xtl", "ytl", "xbr", "ybr")
_OTHER_SHAPES = ("polygon", "polyline", "points", "ellipse", "cuboid", "skeleton", "mask")


def claims(path: Path) -> bool:
    """An XML file, a zip with ``annotations.xml``, or a folder of XML files."""
    if path.is_dir():
        return any(path.glob("*.xml"))
    return path.suffix == ".xml" or (path.suffix == ".zip" and b"annotations.xml" in read_bytes(path)[-(1 << 16) :])


def read(path: Path, frames: Path | None = None) -> tuple[Clip, ...]:
    """The clips of an XML file, of the zip that CVAT makes, or of a folder of XML files; raises InputError with row."""
    if path.suffix == ".zip":
        members = open_archive(path, (".xml",)).files
        name = next((name for name in members if PurePosixPath(name).name == "annotations.xml"), None)
        if name is None:
            raise InputError("holds no annotations.xml", path=path, hint=_HINT)
        return (_clip(members[name], f"{path}/{name}", path, frames),)
    files = files_of(path, ".xml")
    if not files:
        raise InputError("holds no XML file", path=path, hint=_HINT)
    return joined(_clip(read_bytes(file), str(file), file, frames) for file in files)


def write(clips: Sequence[Clip], folder: Path) -> None:
    """``<clip>.xml`` of each clip, every frame a keyframe; confidences have no place in it."""
    for clip in clips:
        write_atomic(
            folder / f"{folder_name(clip.name)}.xml", "\n".join([*_head(clip), *_tracks(clip), "</annotations>\n"])
        )


FORMAT = Format("CVAT for video 1.1", claims, read, write)


def _clip(content: bytes, place: str, file: Path, frames: Path | None) -> Clip:
    root = parse_xml(content, place)
    about = next((found for name in ("task", "job") if (found := root.first("meta", name)) is not None), None)
    if root.tag != "annotations" or about is None:
        problem = "is of a whole project" if root.first("meta", "project") else "has no <meta> of a task"
        raise InputError(problem, path=place, row=root.row, hint=_HINT)
    picture = next(root.all("image"), None)
    if picture is not None:
        raise InputError("is 'CVAT for images', which has no tracks", path=place, row=picture.row, hint=_HINT)
    step = about.first("frame_filter")
    if step is not None and step.text.strip():
        problem = f"has only some of the video's frames ({step.text.strip()[:30]})"
        raise InputError(problem, path=place, row=step.row, hint="make a task of every frame")
    start = _number(about.first("start_frame"), place) or 0
    elements = list(root.all("track"))
    length = checked_length(start + (_number(about.first("size"), place) or 0), place, len(elements))
    tracks = distinct(_track(track, length, place) for track in elements)
    if not tracks:
        raise InputError("has no track", path=place, row=root.row, hint="annotate with tracks, not with shapes")
    width, height = (_number(about.first("original_size", side), place) or 0 for side in ("width", "height"))
    named = (about.first("name"), root.first("meta", "source"), about.first("source"))
    names = [found.text.strip() for found in named if found is not None and found.text.strip()] or [file.stem]
    clip = Clip(names[0], length, tracks, (width, height) if width and height else None)
    return with_frames(clip, given_frames(frames) or find_frames([*names, file.stem], [frames, file.parent]))


def _number(element: Element | None, place: str) -> int | None:
    """The whole number in an element; None where it is not there."""
    if element is None:
        return None
    if not (element.text.strip().isdecimal() and len(element.text.strip()) < 10):
        raise InputError(f"<{element.tag}> is no whole number", path=place, row=element.row, hint=_HINT)
    return int(element.text)


def _track(element: Element, length: int, place: str) -> Track:
    other = next((child for child in element.children if child.tag in _OTHER_SHAPES), None)
    if other is not None:
        raise InputError(f"<{other.tag}>: only boxes are read", path=place, row=other.row, hint="export boxes alone")
    keys = [_key(box, length, place) for box in element.all("box")]
    label = element.attributes.get("label", "").strip() or "target"
    try:
        boxes = filled(keys, length, f"track {element.attributes.get('id', '?')[:20]}, {label}")
    except InputError as error:
        raise InputError(error.problem, path=place, row=element.row, hint=error.hint) from error
    return Track(label, boxes, truth=element.attributes.get("source") != "auto")


def _key(box: Element, length: int, place: str) -> Key:
    given = box.attributes
    try:
        if not (given.get("frame", "").isdecimal() and len(given["frame"]) < 10):
            raise InputError(f"frame {given.get('frame', '')[:20]!r} of a <box>")
        sides = [parsed(given.get(side, ""), side) for side in _SIDES]
        if parsed(given.get("rotation", "0"), "rotation") != 0:
            raise InputError("the box is rotated", hint="boxes have sides along the image's")
    except InputError as error:
        raise InputError(error.problem, path=place, row=box.row, hint=error.hint or _HINT) from error
    frame = int(given["frame"])
    if frame >= length:
        raise InputError(f"frame {frame} of {length}, which count from 0", path=place, row=box.row, hint=_HINT)
    there = given.get("outside", "0") != "1"
    return Key(frame, numbers(from_corners((sides[0], sides[1], sides[2], sides[3]))), there, there)


def _head(clip: Clip) -> list[str]:
    labels = dict.fromkeys(track.name for track in clip.tracks)
    width, height = clip.size or (0, 0)
    source = clip.frames.name if clip.frames is not None and not clip.images else clip.name
    return [
        '<?xml version="1.0" encoding="utf-8"?>', "<annotations>", "<version>1.1</version>", "<meta>", "<task>",
        f"<name>{_text(clip.name)}</name>", f"<size>{clip.length}</size>", "<mode>interpolation</mode>",
        "<overlap>0</overlap>", "<start_frame>0</start_frame>", f"<stop_frame>{clip.length - 1}</stop_frame>",
        "<frame_filter></frame_filter>", "<labels>",
        *(f"<label><name>{_text(label)}</name><type>rectangle</type></label>" for label in labels), "</labels>",
        f"<original_size><width>{width}</width><height>{height}</height></original_size>", "</task>",
        f"<source>{_text(source)}</source>", "</meta>",
    ]  # fmt: skip


def _text(name: str) -> str:
    return escape(one_line(name))


def _tracks(clip: Clip) -> list[str]:
    lines = []
    for number, track in enumerate(clip.tracks):
        source = "manual" if track.truth else "auto"
        lines.append(f'<track id="{number}" label={quoteattr(one_line(track.name))} source="{source}">')
        present = track.present
        for frame in np.flatnonzero(present).tolist():
            lines.append(_box(track.boxes[frame].tolist(), frame, outside=0))
            if frame + 1 < clip.length and not present[frame + 1]:
                lines.append(_box(track.boxes[frame].tolist(), frame + 1, outside=1))
        lines.append("</track>")
    return lines


def _box(box: list[float], frame: int, *, outside: int) -> str:
    sides = " ".join(f'{side}="{text(v)}"' for side, v in zip(_SIDES, corners(four(box)), strict=True))
    return f'<box frame="{frame}" keyframe="1" outside="{outside}" occluded="0" {sides} z_order="0"></box>'
