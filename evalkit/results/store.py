"""Raw results on disk: ``RUNS/<tracker>/<benchmark>/<sequence>.txt``, in the benchmark's own coordinates.

``<sequence>_time.txt`` (seconds a frame), ``<sequence>_score.txt`` and, where the tracker says whether it sees the
target, ``<sequence>_visible.txt`` are written first and ``<sequence>.txt`` last, so that the presence of the latter
says that a sequence is finished.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from evalkit.boxes import text_rows
from evalkit.errors import InputError
from evalkit.files import write_atomic
from evalkit.reading.tables import read_table
from evalkit.reading.text import printable, read_bytes, read_text
from evalkit.results.manifest import MANIFEST_NAME, Manifest, read_manifest
from evalkit.trackers.folders import spec_of_folder
from evalkit.types import Box, Boxes, Vector

FAILURES = "failures"
TIME_SUFFIX = "_time.txt"
SCORE_SUFFIX = "_score.txt"
VISIBLE_SUFFIX = "_visible.txt"
MEASURES = ("psnr", "ssim", "queries")
"""What an attack adds to a result, ``<sequence>_psnr.txt``: how large its change of each frame is, what it cost."""
BESIDE_SUFFIXES = (TIME_SUFFIX, SCORE_SUFFIX, VISIBLE_SUFFIX, *(f"_{name}.txt" for name in MEASURES))
"""Ends of the names of the files that lie beside a result."""
_HIDDEN_MANIFEST = f".{MANIFEST_NAME}.condemned"


@dataclass(frozen=True)
class RawResult:
    """What a tracker said, frame by frame.

    Attributes:
        boxes: (N, 4) xywh, 0-based; the first row is the given box.
        times: (N,) seconds: row 0 is ``init``, the others ``update`` alone, without decoding.
        scores: (N,) the tracker's own confidence; the first is 1.
        visible: (N,) 1 where the tracker says that it sees the target, 0 where it says that the target is gone, NaN
            where it does not say; the first is 1. None if it never says.
        measures: (N,) further figures of the frames by name, see :data:`MEASURES`.
    """

    boxes: Boxes
    times: Vector
    scores: Vector
    visible: Vector | None = None
    measures: Mapping[str, Vector] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """One tracker's results on one benchmark, as found on disk."""

    tracker: str
    benchmark: str
    folder: Path
    manifest: Manifest | None


def result_path(folder: Path, sequence: str) -> Path:
    """The boxes of a sequence."""
    return folder / f"{sequence}.txt"


def time_path(folder: Path, sequence: str) -> Path:
    """The seconds that each frame took; row 0 is ``init``."""
    return folder / f"{sequence}{TIME_SUFFIX}"


def score_path(folder: Path, sequence: str) -> Path:
    """The tracker's confidence in each frame."""
    return folder / f"{sequence}{SCORE_SUFFIX}"


def visible_path(folder: Path, sequence: str) -> Path:
    """What the tracker said of the target's visibility: 1, 0 or nan a frame; no file if it never said."""
    return folder / f"{sequence}{VISIBLE_SUFFIX}"


def measure_path(folder: Path, sequence: str, name: str) -> Path:
    """One of :data:`MEASURES` in each frame."""
    return folder / f"{sequence}_{name}.txt"


def failure_path(folder: Path, sequence: str) -> Path:
    """What is known of a sequence's failure."""
    return folder / FAILURES / f"{sequence}.log"


def write_result(folder: Path, sequence: str, track: RawResult, given: Box, origin: int) -> None:
    """Write a finished sequence.

    Args:
        folder: ``RUNS/<tracker>/<benchmark>``.
        track: boxes 0-based, as the tracker gave them.
        given: (4,) the first row of the annotation, in native coordinates, kept to the bit.
        origin: coordinate of the top-left pixel in the benchmark's files.
    """
    native = track.boxes + np.array([origin, origin, 0.0, 0.0])
    native[0] = given
    remove_beside(folder, sequence)
    write_atomic(time_path(folder, sequence), _lines(track.times))
    write_atomic(score_path(folder, sequence), _lines(track.scores))
    if track.visible is not None:
        write_atomic(visible_path(folder, sequence), "".join(f"{value:g}\n" for value in track.visible.tolist()))
    for name, values in track.measures.items():
        write_atomic(measure_path(folder, sequence, name), _lines(values))
    write_boxes(folder, sequence, native)


def remove_beside(folder: Path, sequence: str) -> None:
    """Delete what an earlier try left beside the sequence's result; a new result may have fewer such files."""
    for suffix in BESIDE_SUFFIXES:
        (folder / f"{sequence}{suffix}").unlink(missing_ok=True)


def write_boxes(folder: Path, sequence: str, native: Boxes) -> None:
    """Write the result file alone: (N, 4) boxes in the benchmark's own coordinates."""
    write_atomic(result_path(folder, sequence), text_rows(native))


def is_finished(folder: Path, sequence: str, frames: int) -> bool:
    """The result file is there and has one row a frame."""
    path = result_path(folder, sequence)
    if not path.exists():
        return False
    content = read_bytes(path)
    return content.endswith(b"\n") and content.count(b"\n") == frames


def set_aside(folder: Path) -> None:
    """Mark what is in ``folder`` as condemned: its manifest is hidden, and no run goes on with results without one."""
    with suppress(FileNotFoundError):
        (folder / MANIFEST_NAME).rename(folder / _HIDDEN_MANIFEST)


def take_back(folder: Path) -> None:
    """Undo :func:`set_aside`."""
    with suppress(FileNotFoundError):
        (folder / _HIDDEN_MANIFEST).rename(folder / MANIFEST_NAME)


def remove_results(folder: Path) -> None:
    """Delete everything that a run writes into ``folder``, and nothing else; the manifest goes first."""
    manifests = folder / MANIFEST_NAME, folder / _HIDDEN_MANIFEST
    for path in (*manifests, *folder.glob("*.txt"), *(folder / FAILURES).glob("*.log")):
        path.unlink(missing_ok=True)


def write_failure(folder: Path, sequence: str, summary: str, detail: str) -> None:
    """Record why a sequence failed: one line, then the traceback and the worker's last output."""
    write_atomic(failure_path(folder, sequence), f"{summary}\n\n{detail}\n".encode(errors="backslashreplace"))


def failure_summary(folder: Path, sequence: str) -> str:
    """The line that says why a sequence failed."""
    return read_text(failure_path(folder, sequence)).partition("\n")[0]


def failed_sequences(folder: Path, names: Iterable[str]) -> tuple[str, ...]:
    """Those of ``names`` that have a failure on record."""
    return tuple(name for name in names if failure_path(folder, name).is_file())


def read_times(folder: Path, sequence: str) -> Vector | None:
    """(N,) seconds a frame, row 0 being ``init``; None where the file is absent.

    Raises:
        InputError: a row is no number, or a negative, infinite or missing one.
    """
    path = time_path(folder, sequence)
    if not path.exists():
        return None
    times: Vector = read_table(path, columns=(1,)).ravel()
    wrong = ~(np.isfinite(times) & (times >= 0))
    if wrong.any():
        row = int(wrong.argmax())
        raise InputError(f"{times[row]:g} is no number of seconds", path=path, row=row + 1)
    return times


def read_scores(folder: Path, sequence: str) -> Vector | None:
    """(N,) the tracker's confidence in each frame; None where the file is absent.

    Raises:
        InputError: a row is no number.
    """
    return _read_column(score_path(folder, sequence))


def read_visible(folder: Path, sequence: str) -> Vector | None:
    """(N,) 1 where the tracker said that it sees the target, 0 where not, NaN where not said; None without a file.

    Raises:
        InputError: a row is something else.
    """
    path = visible_path(folder, sequence)
    values = _read_column(path)
    return None if values is None else checked_visible(values, str(path))


def checked_visible(values: Vector, place: str) -> Vector:
    """The values, all of which are 1, 0 or NaN; raises InputError with the row of another."""
    wrong = ~(np.isnan(values) | np.isin(values, (0.0, 1.0)))
    if wrong.any():
        row = int(wrong.argmax())
        raise InputError(f"{values[row]:g} is neither 1, 0 nor nan", path=place, row=row + 1)
    return values


def _read_column(path: Path) -> Vector | None:
    return read_table(path, columns=(1,)).ravel() if path.exists() else None


def list_runs(root: Path, *, skip_broken: bool = False) -> tuple[Run, ...]:
    """Every ``RUNS/<tracker>/<benchmark>`` that has results or a manifest, sorted; a folder without them is no tracker.

    Args:
        skip_broken: leave out runs whose manifest cannot be read.

    Raises:
        InputError: ``root`` is no folder, or a manifest cannot be read.
    """
    if not root.is_dir():
        raise InputError("is no folder of results", path=root, hint="give the folder that `stdtrack run --out` wrote")
    runs = []
    for folder in sorted(root.glob("*/*")):
        if folder.is_dir() and any(folder.glob("*.txt")):
            try:
                manifest = read_manifest(folder)
            except InputError:
                if skip_broken:
                    continue
                raise
            tracker = manifest.spec if manifest else spec_of_folder(printable(folder.parent.name))
            runs.append(Run(tracker, folder.name, folder, manifest))
    return tuple(runs)


def _lines(values: Vector) -> str:
    return "".join(f"{value!r}\n" for value in values.tolist())
