"""Clips with tracks from and to other tools: annotation to score on, results to look at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.errors import InputError

if TYPE_CHECKING:
    from evalkit.results.exchange.clip import Clip
    from evalkit.scoring.evaluate import Tell
    from evalkit.scoring.scored import Scored, Scores


@dataclass(frozen=True)
class Converted:
    """What :func:`convert` wrote.

    Attributes:
        folder: where it lies.
        clips, tracks: how many were written.
    """

    folder: Path
    clips: int
    tracks: int


def convert(
    source: str | Path,
    *,
    to: str,
    out: str | Path,
    form: str | None = None,
    frames: str | Path | None = None,
    tracker: str | None = None,
    on: str | Iterable[str] = (),
    data: str | Path | None = None,
    annotations: str | Path | None = None,
    exclude: str | Iterable[str] = (),
    tell: Tell | None = None,
) -> Converted:
    """Write annotation or results in the form of another tool, or in ours.

    Args:
        source: a file or folder of another tool; with ``on`` a folder of results, whose boxes are then written beside
            the benchmark's annotation.
        to: the format to write: ``coco``, ``cvat``, ``folder`` (own data to score on), ``label_studio``, ``mot``,
            ``results``, ``yolo``, or one that another package brings.
        out: the folder to write, which must be empty or not there.
        form: the format of ``source``; told by its content if None.
        frames: where the images or videos of ``source`` lie; beside it if None.
        tracker: take the boxes of ``source`` as results of this tracker, each target a sequence of its own.
        on, data, annotations, exclude, tell: as :func:`stdtrack.score` takes them.

    Raises:
        InputError: a file that is not as it should be (named, with the row or the place in it), a format that cannot
            hold the clips, or a folder that is not empty.

    Example:
        >>> import stdtrack as st
        >>> written = st.convert("results", on="folder", data="clips", to="cvat", out="for-cvat")
        >>> written.clips, written.tracks, sorted(path.name for path in written.folder.iterdir())
        (2, 6, ['one.xml', 'two.xml'])
        >>> st.convert("for-cvat/one.xml", frames="clips/one/img", to="mot", out="for-mot").tracks
        3
    """
    from evalkit.files import whole_folder
    from evalkit.results.exchange.formats import read_clips, writer

    write, folder = writer(to), Path(out)
    if on:
        refuse_both(form, frames, tracker)
        clips = clips_of_results(source, on=on, data=data, annotations=annotations, exclude=exclude, tell=tell)
    else:
        clips = read_clips(Path(source), form, None if frames is None else Path(frames))
        clips = clips if tracker is None else as_results(clips, tracker)
    if folder.exists():
        if not folder.is_dir() or any(folder.iterdir()):
            raise InputError("is not empty", path=folder, hint="name another --out, or delete what is there")
        folder.rmdir()
    with whole_folder(folder) as temporary:
        write(clips, temporary)
    return Converted(folder, len(clips), sum(len(clip.tracks) for clip in clips))


def refuse_both(form: str | None, frames: object, tracker: str | None) -> None:
    """Refuse what says how another tool's file is read where a benchmark says it."""
    given = [
        name for name, value in (("--from", form), ("--frames", frames), ("--tracker", tracker)) if value is not None
    ]
    if given:
        raise InputError(f"{given[0]} is for files of other tools", hint="leave it out, or leave out --on")


def as_results(clips: Iterable[Clip], tracker: str) -> tuple[Clip, ...]:
    """Each track as what a tracker says of the sequence that is named for it."""
    from evalkit.results.exchange.clip import by_target

    return tuple(
        replace(clip, tracks=tuple(replace(track, name=tracker, truth=False) for track in clip.tracks))
        for clip in by_target(clips)
    )


def clips_of_results(
    results: str | Path,
    *,
    on: str | Iterable[str],
    data: str | Path | None = None,
    annotations: str | Path | None = None,
    exclude: str | Iterable[str] = (),
    tell: Tell | None = None,
) -> tuple[Clip, ...]:
    """Every sequence of a benchmark with the boxes of every tracker that has results on it.

    Raises:
        InputError: as :func:`stdtrack.score`; or the benchmark is not measured frame by frame.
    """
    from evalkit.scoring.front import score

    scores = score(results, on=on, data=data, annotations=annotations, exclude=exclude, partial=True,
                   keep_frames=True, tell=tell)  # fmt: skip
    return clips_of_scores(scores)


def clips_of_scores(scores: Scores) -> tuple[Clip, ...]:
    """The sequences that were scored, with the boxes of all trackers; the frames must have been kept."""
    from evalkit.scoring.scores_frame import require_frames

    require_frames(scores.scores, hint="results of a supervised experiment have no box in every frame")
    return tuple(clip for part in scores.parts for clip in _clips(part))


def _clips(part: Scored) -> Iterable[Clip]:
    from evalkit.results.exchange.annotated import Said, clip_of

    said: dict[str, dict[str, Said]] = {}
    for score in part.scores:
        for each in score.sequences:
            if each.detail is not None:
                said.setdefault(each.sequence, {})[score.tracker] = each.detail.prediction, each.detail.confidence
    return (clip_of(part.annotation.benchmark.sequence(name), trackers) for name, trackers in said.items())
