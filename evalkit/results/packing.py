"""Results written as a submission to a benchmark's evaluation server."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from evalkit.benchmarks.base import Benchmark
from evalkit.benchmarks.installed import BENCHMARKS
from evalkit.benchmarks.submission import Submission
from evalkit.errors import InputError
from evalkit.files import write_atomic
from evalkit.reading.tables import parse_table
from evalkit.results.formats.oxuva import Rows, first_and_size, from_rows, written
from evalkit.results.formats.result_file import read_result
from evalkit.results.formats.values import read_confidence, read_said_visible, reported_frames
from evalkit.results.store import TIME_SUFFIX
from evalkit.results.submission import PREDICTIONS, check_members, rules_of
from evalkit.results.tracker_results import TrackerResults


def pack(
    results: TrackerResults,
    kind: str,
    out: Path,
    names: Iterable[str],
    lengths: Mapping[str, int],
    benchmark: Benchmark | None = None,
) -> int:
    """Write a submission; returns the number of sequences.

    Args:
        kind: the benchmark whose server it is for.
        names: the sequences that the server expects; empty if no list is at hand.
        lengths: frames of each sequence, as far as known.
        benchmark: its data, which relative boxes need.

    Raises:
        InputError: results are incomplete or wrong; it names them.
    """
    _require_one(results, kind)
    if rules_of(kind).ending == PREDICTIONS:
        members = _predictions(results, benchmark)
    else:
        members = _boxes_and_times(results, rules_of(kind))
    problems = list(check_members(members, kind, names, lengths))
    if problems:
        shown = "; ".join(map(str, problems[:10])) + (f"; and {len(problems) - 10} more" if len(problems) > 10 else "")
        raise InputError(f"not packed, {len(problems)} problems: {shown}", path=results.tracker)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(members):
            archive.writestr(zipfile.ZipInfo(path, (2000, 1, 1, 0, 0, 0)), members[path], zipfile.ZIP_DEFLATED)
    write_atomic(out, stream.getvalue())
    return len(results.files)


def _require_one(results: TrackerResults, kind: str) -> None:
    """Refuse repetitions where the server takes a single result of a sequence."""
    for sequence, files in results.files.items():
        if not rules_of(kind).in_folders and len(files) > 1:
            problem = f"{len(files)} results of {sequence}, {BENCHMARKS[kind].title} takes one"
            raise InputError(problem, path=files[0].place, hint="give the folder of one run")


def _boxes_and_times(results: TrackerResults, rules: Submission) -> dict[str, bytes]:
    members = {}
    for sequence, files in results.files.items():
        for number, file in zip(results.repetitions[sequence], files, strict=True):
            boxes = read_result(file.read(), file.place)
            path = f"{sequence}/{sequence}_{number:03d}.txt" if rules.in_folders else f"{sequence}.txt"
            members[path] = _lines(boxes, rules.box_format)
        times = results.times.get(sequence)
        if rules.in_folders and times is not None:
            seconds = parse_table(times.read(), times.place)
            members[f"{sequence}/{sequence}{TIME_SUFFIX}"] = _lines(seconds, "%.8f")
    return members


def _predictions(results: TrackerResults, benchmark: Benchmark | None) -> dict[str, bytes]:
    """OxUvA's tables, made of boxes in pixels and what lies beside them."""
    if benchmark is None:
        raise InputError("relative boxes need the images' sizes", path=results.tracker, hint="say --data FOLDER")
    members = {}
    for name, (file, *_) in results.files.items():
        confidence, visible = (several.get(name, (None,))[0] for several in (results.confidences, results.visible))
        boxes = read_result(file.read(), file.place)
        scores, said = read_confidence(confidence, blank=0.0), read_said_visible(visible)
        sequence = benchmark.sequence(name)
        for values, source in ((boxes, file), (scores, confidence), (said, visible)):
            if source is not None and len(values) != len(sequence):
                raise InputError(f"{len(values)} rows, but {name} has {len(sequence)} frames", path=source.place)
        rows = Rows(boxes, scores if len(scores) else np.ones(len(boxes)), reported_frames(boxes, scores, said))
        predictions = from_rows(rows, *first_and_size(benchmark, sequence))
        members[f"{name}{PREDICTIONS}"] = written(name, predictions).encode()
    return members


def _lines(values: np.ndarray, form: str) -> bytes:
    return "".join(",".join(form % value for value in row) + "\n" for row in values.tolist()).encode()
