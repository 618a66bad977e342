"""What the evaluation servers of GOT-10k and TrackingNet take, and what they would choke on.

GOT-10k (test): ``<sequence>/<sequence>_001.txt`` with x, y, w, h and commas, ``<sequence>/<sequence>_time.txt`` with
the seconds of each frame. TrackingNet: ``<sequence>.txt`` in the archive's root, a line a frame, the first included.
"""

from __future__ import annotations

import re
import zipfile
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evalkit.errors import InputError
from evalkit.reading.archive import UNREADABLE, unreadable
from evalkit.reading.tables import parse_table
from evalkit.reading.text import refuse_large, without_mark
from evalkit.results.store import TIME_SUFFIX

KINDS = ("got10k", "trackingnet")
_LAYOUTS = {"got10k": "<sequence>/<sequence>_001.txt and _time.txt", "trackingnet": "<sequence>.txt"}
TOTALS = {"got10k": 180, "trackingnet": 511}
_MEMBER_LIMIT = 1 << 26
# How sequences are called: TrackingNet's are videos of YouTube, whose names have 11 characters, and a number.
_NAMES = {
    "got10k": re.compile(r"GOT-?10k_(Test|Val|Train)_[0-9]{6}", re.IGNORECASE),
    "trackingnet": re.compile(r"(^|/)[\w-]{11}_[0-9]{1,2}(_[0-9]{3}|_time)?\.txt$", re.ASCII),
}


@dataclass(frozen=True)
class Problem:
    """Something that the server would refuse or score wrongly; ``row`` counts from 1."""

    member: str
    text: str
    row: int | None = None

    def __str__(self) -> str:
        return f"{self.member}{f', row {self.row}' if self.row else ''}: {self.text}"


_FLAT = re.compile(r"(GOT-?10k_(Test|Val|Train)_[0-9]{6})(_[0-9]{3}|_time)?\.txt", re.IGNORECASE)


def got10k_test_names() -> tuple[str, ...]:
    """The 180 sequences of GOT-10k's test split."""
    return tuple(f"GOT-10k_Test_{number:06d}" for number in range(1, TOTALS["got10k"] + 1))


def read_submission(path: Path) -> tuple[dict[str, bytes], list[Problem]]:
    """Members of a zip, in memory, and what is wrong with the archive itself.

    Raises:
        InputError: it is no zip file, or unpacks to more than :func:`evalkit.reading.text.text_limit`.
    """
    members: dict[str, bytes] = {}
    problems = []
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            refuse_large(sum(entry.file_size for entry in entries), path, "unpacks to more")
            for entry in entries:
                if entry.filename in members:
                    problems.append(Problem(entry.filename, "is there twice"))
                elif entry.filename.startswith("/") or ".." in entry.filename.split("/"):
                    problems.append(Problem(entry.filename, "leads out of the archive"))
                elif entry.file_size > _MEMBER_LIMIT:
                    problems.append(Problem(entry.filename, "is too large for a result"))
                else:
                    members[entry.filename] = archive.read(entry)
    except UNREADABLE as error:
        raise unreadable(path, error) from error
    return members, problems


def kind_of(members: Iterable[str]) -> str:
    """Which server an archive is for, by the names of most sequences in it, whatever folders they lie in.

    Where the names are of neither server, numbered results and times are GOT-10k's.

    >>> kind_of(["GOT-10k_Test_000001.txt"]), kind_of(["0-6LB4FqxoE_0/0-6LB4FqxoE_0_001.txt"])
    ('got10k', 'trackingnet')
    """
    paths = [path for path in members if path.lower().endswith(".txt")]
    counts = {kind: sum(bool(form.search(path)) for path in paths) for kind, form in _NAMES.items()}
    likely = max(counts, key=lambda kind: counts[kind])
    if counts[likely]:
        return likely
    return "got10k" if any(path.endswith(("_001.txt", TIME_SUFFIX)) for path in paths) else "trackingnet"


def check_members(
    members: Mapping[str, bytes], kind: str, names: Iterable[str], lengths: Mapping[str, int]
) -> Iterator[Problem]:
    """Everything that is wrong with a submission, line by line.

    Args:
        members: content by path in the archive.
        names: the sequences that the server expects; if empty, only their number is checked.
        lengths: frames of each sequence, as far as known.
    """
    expected = tuple(names)
    folder = _common_folder(members, kind)
    if folder:
        yield Problem(folder, f"everything lies in a folder of its own: the archive's root must hold {_LAYOUTS[kind]}")
        members = {path.removeprefix(folder): content for path, content in members.items()}
    placed = {_placed(path, kind) or path: content for path, content in members.items()}
    flat = [path for path in members if path not in placed]
    timed = any(path.endswith(TIME_SUFFIX) for path in members) or not flat
    if flat:
        problem = f"{len(flat)} results lie flat in its root, such as {flat[0]}: GOT-10k wants {_LAYOUTS[kind]}"
        yield Problem("the archive", problem + ("" if timed else ", and the times are missing"))
        members = placed
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(members):
        sequence = _sequence_of(path, kind)
        if sequence is None:
            yield Problem(path, _misplaced(path, kind))
        elif expected and sequence not in expected:
            yield Problem(path, "is no sequence of the test set")
        elif not path.endswith(TIME_SUFFIX):
            found[sequence].append(path)
    repetitions = max((_repetition(path) for paths in found.values() for path in paths), default=0)
    for sequence, paths in found.items():
        for path in paths:
            yield from _check_boxes(members, path, lengths.get(sequence))
        if kind == "got10k":
            yield from _check_repetitions(sequence, paths, repetitions)
            yield from _check_times(members, sequence, paths) if timed else ()
    for name in expected:
        if name not in found:
            yield Problem(name, "is missing")
    if not expected and len(found) != TOTALS[kind]:
        yield Problem("the archive", f"has {len(found)} sequences, the server expects {TOTALS[kind]}")


def _common_folder(members: Mapping[str, bytes], kind: str) -> str:
    """``mytracker/`` if every member lies in there and would be right without it; else empty."""
    folder = next(iter(members), "").partition("/")[0] + "/"
    inner = [path.removeprefix(folder) for path in members if path.startswith(folder)]
    whole = len(inner) == len(members) and any(_sequence_of(path, kind) or _placed(path, kind) for path in inner)
    return folder if whole and not any(_sequence_of(path, kind) for path in members) else ""


def _sequence_of(path: str, kind: str) -> str | None:
    """The sequence that a member belongs to; None if the path is not as it must be."""
    *folders, file = path.split("/")
    if not file.endswith(".txt"):
        return None
    if kind == "trackingnet":
        return file.removesuffix(".txt") if not folders else None
    if len(folders) != 1 or not file.startswith(f"{folders[0]}_"):
        return None
    rest = file.removeprefix(f"{folders[0]}_").removesuffix(".txt")
    return folders[0] if rest == "time" or (len(rest) == 3 and rest.isdecimal()) else None


def _placed(path: str, kind: str) -> str | None:
    """Where a result or time file of GOT-10k should lie that lies in no folder; None of every other member.

    >>> _placed("GOT-10k_Test_000001.txt", "got10k"), _placed("GOT-10k_Test_000001_time.txt", "got10k")
    ('GOT-10k_Test_000001/GOT-10k_Test_000001_001.txt', 'GOT-10k_Test_000001/GOT-10k_Test_000001_time.txt')
    """
    match = _FLAT.fullmatch(path) if kind == "got10k" else None
    return None if match is None else f"{match[1]}/{match[1]}{match[3] or '_001'}.txt"


def _repetition(path: str) -> int:
    """The number at the end of ``<sequence>_001.txt``; 0 of a file without one."""
    number = path.removesuffix(".txt")[-3:]
    return int(number) if number.isdecimal() else 0


def _misplaced(path: str, kind: str) -> str:
    layout = _LAYOUTS[kind]
    depth = 1 if kind == "got10k" else 0
    if path.endswith(".txt") and path.count("/") > depth:
        return f"lies in a folder of its own: the archive's root must hold {layout}"
    return f"does not belong here: the archive's root must hold {layout} alone"


def _rows(content: bytes) -> list[str]:
    """Lines up to the last that is not blank."""
    return without_mark(content).decode("utf-8", "replace").rstrip().split("\n")


def _check_boxes(members: Mapping[str, bytes], path: str, length: int | None) -> Iterator[Problem]:
    if members[path] != without_mark(members[path]):
        yield Problem(path, "begins with a byte order mark, which the server reads as a part of the first number", 1)
    lines = _rows(members[path])
    if not lines[0] and len(lines) == 1:
        yield Problem(path, "is empty")
        return
    if members[path].count(b"\n") > len(lines):
        yield Problem(path, "a blank line at the end", len(lines) + 1)
    for row, line in enumerate(lines, 1):
        problem = _check_line(line)
        if problem:
            yield Problem(path, problem, row)
    if length is not None and len(lines) != length:
        yield Problem(path, f"has {len(lines)} rows, the sequence has {length} frames")


def _check_line(line: str) -> str | None:
    fields = line.strip().split(",")
    if len(fields) == 1 and len(line.split()) > 1:
        return "numbers are separated by spaces, not by commas"
    if len(fields) != 4:
        return f"has {len(fields)} numbers instead of 4"
    try:
        if "_" in line:  # float() reads 1_0 as 10
            raise ValueError(line)
        values = [float(field) for field in fields]
    except ValueError:
        return f"'{line.strip()[:40]}' is no box"
    if not np.isfinite(values).all():
        return "NaN or infinity"
    return "negative size" if min(values[2:]) < 0 else None


def _check_repetitions(sequence: str, paths: Collection[str], repetitions: int) -> Iterator[Problem]:
    """Every sequence has a result of each of the tracker's ``repetitions``, numbered from 001."""
    for number in range(1, repetitions + 1):
        path = f"{sequence}/{sequence}_{number:03d}.txt"
        if path not in paths:
            yield Problem(path, "is missing")
    yield from (Problem(path, "repetitions are numbered from 001") for path in paths if not _repetition(path))


def _check_times(members: Mapping[str, bytes], sequence: str, paths: Iterable[str]) -> Iterator[Problem]:
    times = f"{sequence}/{sequence}{TIME_SUFFIX}"
    if times not in members:
        yield Problem(times, "is missing")
        return
    try:
        values = parse_table(members[times], times)
    except InputError as error:
        yield Problem(times, error.problem, error.row)
        return
    for path in paths:
        rows = len(_rows(members[path]))
        if len(values) != rows:
            yield Problem(path, f"has {rows} rows, its time file {len(values)}")
    wrong = ~(np.isfinite(values) & (values >= 0)).all(axis=1)
    if wrong.any():
        yield Problem(times, "a time that is negative, NaN or infinite", int(wrong.argmax()) + 1)
