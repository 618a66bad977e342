"""Results as Rerun recordings: frames, boxes, overlap and confidence on one timeline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import InputError
from evalkit.imports import is_installed, optional_module
from evalkit.suggestions import as_names

if TYPE_CHECKING:
    from evalkit.scoring.evaluate import Tell
    from evalkit.scoring.scored import Scored
    from evalkit.scoring.scores import SequenceScore
    from evalkit.sequences.sequence import Frames, Sequence
    from evalkit.types import Boxes, Vector

TIMELINE = "frame"
"""The recordings' only timeline: frames of a sequence, 0-based."""
TRUTH = (0, 0, 0)
"""Colour of the annotation."""
Colour = tuple[int, int, int]
_AS_THEY_ARE = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png"}
_QUALITY = 90


@dataclass(frozen=True)
class Viewed:
    """What :func:`view` wrote.

    Attributes:
        files: one recording a sequence.
    """

    files: tuple[Path, ...]


def view(
    results: str | Path,
    *,
    rerun: str | Path,
    on: str | Iterable[str],
    data: str | Path | None = None,
    annotations: str | Path | None = None,
    sequences: str | Iterable[str] = (),
    tell: Tell | None = None,
) -> Viewed:
    """Write a recording a sequence for Rerun's viewer: frames, boxes of annotation and trackers, IoU and confidence.

    Args:
        results, on, data, annotations, tell: as :func:`stdtrack.score` takes them.
        rerun: the folder of the ``.rrd`` files, ``<benchmark>-<sequence>.rrd``.
        sequences: shell patterns of the sequences that are wanted; all if empty.

    Raises:
        InputError: as :func:`stdtrack.score`; rerun-sdk is not installed, or no sequence has such a name.

    Boxes are drawn at x, y, w, h, 0-based, as they are. IoU and confidence are given where the protocol scores the
    frame and the tracker has one. JPEG and PNG files go in as they lie; other frames as JPEG of quality 90.
    """
    if not is_installed("rerun"):
        raise InputError("recordings need rerun-sdk, which is not installed", hint="pip install '.[rerun]'")
    from evalkit.scoring.front import score
    from evalkit.scoring.scores_frame import require_frames

    scores = score(results, on=on, data=data, annotations=annotations, partial=True, keep_frames=True, tell=tell)
    require_frames(scores.scores, hint="results of a supervised experiment have no box in every frame")
    folder, patterns = Path(rerun), as_names(sequences)
    files = tuple(file for part in scores.parts for file in _recordings(part, folder, patterns))
    if not files:
        raise InputError(f"no sequence that was scored is called {', '.join(patterns)}", path=results)
    return Viewed(files)


def _recordings(part: Scored, folder: Path, patterns: tuple[str, ...]) -> Iterator[Path]:
    """Write the recordings of a benchmark's sequences."""
    from evalkit.trackers.folders import folder_name

    benchmark = part.annotation.benchmark
    by_sequence: dict[str, dict[str, SequenceScore]] = {}
    for score in part.scores:
        for each in score.sequences:
            by_sequence.setdefault(each.sequence, {})[score.tracker] = each
    wanted = benchmark.names_like(by_sequence, patterns) if patterns else list(by_sequence)
    for name in wanted:
        path = folder / f"{folder_name(benchmark.key)}-{folder_name(name)}.rrd"
        _record(benchmark.sequence(name), by_sequence[name], path)
        yield path


def _record(sequence: Sequence, trackers: Mapping[str, SequenceScore], path: Path) -> None:
    """One recording, whole or not there."""
    from evalkit.files import atomic
    from reports.style import rgb, styles

    rr: Any = optional_module("rerun")
    drawn = styles(trackers)
    with atomic(path) as temporary:
        name = f"{sequence.benchmark}/{sequence.name}"
        stream = rr.RecordingStream("stdtrack", recording_id=name, send_properties=False)
        stream.save(temporary)
        stream.send_recording_name(name)
        if sequence.frames is not None:
            _log_frames(rr, stream, sequence.frames, len(sequence))
        _log_boxes(rr, stream, "ground truth", sequence.ground_truth, TRUTH)
        for tracker, score in trackers.items():
            colour = rgb(drawn[tracker].colour)
            if score.detail is not None:
                _log_boxes(rr, stream, tracker, score.detail.prediction, colour)
                _log_line(rr, stream, "score", tracker, score.detail.confidence, colour)
            _log_line(rr, stream, "iou", tracker, score.overlaps, colour)
        stream.disconnect()


def _log_frames(rr: Any, stream: Any, frames: Frames, count: int) -> None:
    for index in range(count):
        content, kind = _picture(frames, index)
        stream.set_time(TIMELINE, sequence=index)
        stream.log(["frames"], rr.EncodedImage(contents=content, media_type=kind))


def _picture(frames: Frames, index: int) -> tuple[bytes, str]:
    """A frame as an image file, and its media type."""
    from evalkit.sequences.frames import ImageFolder

    path = Path(frames.name(index))
    if isinstance(frames, ImageFolder) and path.suffix.lower() in _AS_THEY_ARE:
        frames.header(index)  # raises for what is no image
        return path.read_bytes(), _AS_THEY_ARE[path.suffix.lower()]
    import cv2

    image = cv2.cvtColor(frames.read(index), cv2.COLOR_RGB2BGR)
    done, content = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not done:
        raise InputError("cannot be encoded as JPEG", path=frames.name(index))
    return content.tobytes(), "image/jpeg"


def _log_boxes(rr: Any, stream: Any, name: str, boxes: Boxes, colour: Colour) -> None:
    """(N, 4) boxes under ``frames/boxes/<name>``; none in frames without one."""
    for index, box in enumerate(boxes):
        stream.set_time(TIMELINE, sequence=index)
        there = bool(np.isfinite(box).all())
        shown = rr.Boxes2D(array=[box], array_format=rr.Box2DFormat.XYWH, labels=[name], colors=[colour])
        stream.log(["frames", "boxes", name], shown if there else rr.Clear(recursive=False))


def _log_line(rr: Any, stream: Any, kind: str, name: str, values: Vector, colour: Colour) -> None:
    """(N,) values under ``<kind>/<name>``, those that are NaN left out."""
    indices = np.flatnonzero(np.isfinite(values))
    if not len(indices):
        return
    stream.log([kind, name], rr.SeriesLines(colors=[colour], names=[name]), static=True)
    for index in indices.tolist():
        stream.set_time(TIMELINE, sequence=index)
        stream.log([kind, name], rr.Scalars(float(values[index])))
