"""``folder``, this project's benchmark of own data: ``<sequence>/groundtruth.txt`` beside the images or the video.

A row a frame of the whole clip, NaN where the target is not there; x, y, w, h, 0-based. Every track becomes a sequence
of its own, and the frames are linked to, not copied.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from evalkit.benchmarks.folder import Folder
from evalkit.benchmarks.registry import open_benchmark
from evalkit.boxes import text_rows
from evalkit.errors import InputError
from evalkit.files import write_atomic
from evalkit.results.exchange.annotated import clip_of
from evalkit.results.exchange.clip import Clip, by_target
from evalkit.results.exchange.formats import Format
from evalkit.trackers.folders import folder_name


def read(path: Path, frames: Path | None = None) -> tuple[Clip, ...]:
    """The sequences of a folder of own data; raises InputError."""
    if frames is not None:
        raise InputError("own data lies beside its frames", path=frames, hint="leave out --frames")
    benchmark = open_benchmark(Folder.name, data=path)
    return tuple(clip_of(benchmark.sequence(name)) for name in benchmark.sources)


def write(clips: Sequence[Clip], folder: Path) -> None:
    """``<sequence>/groundtruth.txt`` of every annotated track, and a link to its frames."""
    annotated = [clip for clip in by_target(clips) if clip.tracks[0].truth and clip.tracks[0].present.any()]
    if not annotated:
        raise InputError("there is no annotation with a box to write", hint="--to results writes boxes of trackers")
    for clip in annotated:
        place = folder / folder_name(clip.name)
        write_atomic(place / "groundtruth.txt", text_rows(clip.tracks[0].boxes))
        if clip.frames is not None:
            name = "img" if clip.frames.is_dir() else f"{place.name}{clip.frames.suffix.lower()}"
            (place / name).symlink_to(clip.frames.resolve())


FORMAT = Format("own data, for --on folder", lambda path: False, read, write)
