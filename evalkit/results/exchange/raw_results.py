"""``results``: raw results on own data, ``<tracker>/<sequence>.txt``, a box a frame, 0-based, as `score` reads them.

Confidences, where a tracker has any, lie beside as ``<sequence>_score.txt``. Results on a benchmark whose files count
from 1 are better kept in the form in which they came: `stdtrack score` reads those of every common toolkit.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from evalkit.boxes import text_rows
from evalkit.errors import InputError
from evalkit.files import write_atomic
from evalkit.results.exchange.clip import Clip
from evalkit.results.exchange.formats import Format
from evalkit.results.store import result_path, score_path
from evalkit.trackers.folders import folder_name


def write(clips: Sequence[Clip], folder: Path) -> None:
    """The tracks that are no annotation, each as the result of the tracker that it is named for."""
    if all(track.truth for clip in clips for track in clip.tracks):
        raise InputError(
            "there is no result to write, only annotation", hint="--tracker NAME says whose boxes these are"
        )
    for clip in clips:
        for track in (track for track in clip.tracks if not track.truth):
            place, name = folder / folder_name(track.name), folder_name(clip.name)
            if track.scores is not None:
                write_atomic(score_path(place, name), "".join(f"{score!r}\n" for score in track.scores.tolist()))
            write_atomic(result_path(place, name), text_rows(track.boxes))


FORMAT = Format("raw results, for score", write=write)
