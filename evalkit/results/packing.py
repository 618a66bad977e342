"""Results written as a submission to a benchmark's evaluation server."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from evalkit.benchmarks.installed import BENCHMARKS
from evalkit.errors import InputError
from evalkit.files import write_atomic
from evalkit.reading.tables import parse_table
from evalkit.results.formats.result_file import read_result
from evalkit.results.store import TIME_SUFFIX
from evalkit.results.submission import check_members, rules_of
from evalkit.results.tracker_results import TrackerResults


def pack(results: TrackerResults, kind: str, out: Path, names: Iterable[str], lengths: Mapping[str, int]) -> int:
    """Write a submission; returns the number of sequences.

    Args:
        kind: the benchmark whose server it is for.
        names: the sequences that the server expects; empty if no list is at hand.
        lengths: frames of each sequence, as far as known.

    Raises:
        InputError: results are incomplete or wrong; it names them.
    """
    rules, members = rules_of(kind), dict[str, bytes]()
    for sequence, files in results.files.items():
        if not rules.in_folders and len(files) > 1:
            problem = f"{len(files)} results of {sequence}, {BENCHMARKS[kind].title} takes one"
            raise InputError(problem, path=files[0].place, hint="give the folder of one run")
        for number, file in zip(results.repetitions[sequence], files, strict=True):
            boxes = read_result(file.read(), file.place)
            path = f"{sequence}/{sequence}_{number:03d}.txt" if rules.in_folders else f"{sequence}.txt"
            members[path] = _lines(boxes, rules.box_format)
        times = results.times.get(sequence)
        if rules.in_folders and times is not None:
            seconds = parse_table(times.read(), times.place)
            members[f"{sequence}/{sequence}{TIME_SUFFIX}"] = _lines(seconds, "%.8f")
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


def _lines(values: np.ndarray, form: str) -> bytes:
    return "".join(",".join(form % value for value in row) + "\n" for row in values.tolist()).encode()
