"""What evaluation servers take, and what they would choke on.

GOT-10k (test): ``<sequence>/<sequence>_001.txt`` with x, y, w, h and commas, ``<sequence>/<sequence>_time.txt`` with
the seconds of each frame. TrackingNet: ``<sequence>.txt`` in the archive's root, a line a frame, the first included.
OxUvA (test): ``<video>_<object>.csv``, see :mod:`evalkit.results.formats.oxuva`, in the root or in one folder.
Which of these a benchmark's server wants is an attribute of its class.
"""

from __future__ import annotations

import zipfile
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evalkit.benchmarks.installed import BENCHMARKS, all_benchmarks
from evalkit.benchmarks.submission import Submission
from evalkit.errors import InputError
from evalkit.reading.archive import UNREADABLE, unreadable
from evalkit.reading.tables import parse_table
from evalkit.reading.text import refuse_large, without_mark
from evalkit.results.formats.oxuva import ENDING, parse_predictions
from evalkit.results.store import TIME_SUFFIX

PREDICTIONS = f".{ENDING}"

_MEMBER_LIMIT = 1 << 26


@dataclass(frozen=True)
class Problem:
    """Something that the server would refuse or score wrongly; ``row`` counts from 1."""

    member: str
    text: str
    row: int | None = None

    def __str__(self) -> str:
        return f"{self.member}{f', row {self.row}' if self.row else ''}: {self.text}"


def rules_of(kind: str) -> Submission:
    """What the server of a benchmark takes.

    Args:
        kind: the benchmark's command-line name.

    Raises:
        InputError: it has no server.
    """
    rules = BENCHMARKS[kind].submission
    if rules is None:
        raise InputError(f"{kind} has no evaluation server", hint=f"those that have: {', '.join(_servers())}")
    return rules


def _servers() -> Mapping[str, Submission]:
    return {kind.name: kind.submission for kind in all_benchmarks() if kind.submission is not None}


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

    Where the names are of no server, numbered results and times are of one that takes such, and so are tables.

    >>> kind_of(["GOT-10k_Test_000001.txt"]), kind_of(["0-6LB4FqxoE_0/0-6LB4FqxoE_0_001.txt"])
    ('got10k', 'trackingnet')
    """
    paths = tuple(members)
    servers = _servers()
    counts = {kind: sum(bool(rules.member.search(path)) for path in paths) for kind, rules in servers.items()}
    likely = max(counts, key=lambda kind: counts[kind])
    if counts[likely]:
        return likely
    timed = any(path.endswith(("_001.txt", TIME_SUFFIX)) for path in paths)
    ending = PREDICTIONS if not timed and any(path.endswith(PREDICTIONS) for path in paths) else ".txt"
    return next(kind for kind, rules in servers.items() if (rules.in_folders, rules.ending) == (timed, ending))


def check_members(
    members: Mapping[str, bytes], kind: str, names: Iterable[str], lengths: Mapping[str, int]
) -> Iterator[Problem]:
    """Everything that is wrong with a submission, line by line.

    Args:
        members: content by path in the archive.
        kind: the benchmark whose server it is for.
        names: the sequences that the server expects; if empty, only their number is checked.
        lengths: frames of each sequence, as far as known.
    """
    expected, rules = tuple(names), rules_of(kind)
    folder = _common_folder(members, rules)
    if folder:
        members = {path.removeprefix(folder): content for path, content in members.items()}
    if folder and not rules.any_folder:
        yield Problem(folder, f"everything lies in a folder of its own: the archive's root must hold {rules.layout}")
    placed = {_placed(path, rules) or path: content for path, content in members.items()}
    flat = [path for path in members if path not in placed]
    timed = any(path.endswith(TIME_SUFFIX) for path in members) or not flat
    check = _check_predictions if rules.ending == PREDICTIONS else _check_boxes
    if flat:
        wanted = f"{BENCHMARKS[kind].title} wants {rules.layout}"
        problem = f"{len(flat)} results lie flat in its root, such as {flat[0]}: {wanted}"
        yield Problem("the archive", problem + ("" if timed else ", and the times are missing"))
        members = placed
    by_sequence: dict[str, list[str]] = defaultdict(list)
    for path in sorted(members):
        sequence = _sequence_of(path, rules)
        if sequence is None:
            yield Problem(path, _misplaced(path, rules))
        elif expected and sequence not in expected:
            yield Problem(path, "is no sequence of the test set")
        elif not path.endswith(TIME_SUFFIX):
            by_sequence[sequence].append(path)
    repetitions = max((_repetition(path) for paths in by_sequence.values() for path in paths), default=0)
    for sequence, paths in by_sequence.items():
        for path in paths:
            yield from check(members, path, lengths.get(sequence))
        if rules.in_folders:
            yield from _check_repetitions(sequence, paths, repetitions)
            yield from _check_times(members, sequence, paths) if timed else ()
    for name in expected:
        if name not in by_sequence:
            yield Problem(name, "is missing")
    if not expected and len(by_sequence) != rules.total:
        yield Problem("the archive", f"has {len(by_sequence)} sequences, the server expects {rules.total}")


def _common_folder(members: Mapping[str, bytes], rules: Submission) -> str:
    """``mytracker/`` if every member lies in there and would be right without it; else empty."""
    folder = next(iter(members), "").partition("/")[0] + "/"
    inner = [path.removeprefix(folder) for path in members if path.startswith(folder)]
    whole = len(inner) == len(members) and any(_sequence_of(path, rules) or _placed(path, rules) for path in inner)
    return folder if whole and not any(_sequence_of(path, rules) for path in members) else ""


def _sequence_of(path: str, rules: Submission) -> str | None:
    """The sequence that a member belongs to; None if the path is not as it must be."""
    *folders, file = path.split("/")
    if not file.endswith(rules.ending):
        return None
    if not rules.in_folders:
        return file.removesuffix(rules.ending) if not folders else None
    if len(folders) != 1 or not file.startswith(f"{folders[0]}_"):
        return None
    rest = file.removeprefix(f"{folders[0]}_").removesuffix(".txt")
    return folders[0] if rest == "time" or (len(rest) == 3 and rest.isdecimal()) else None


def _placed(path: str, rules: Submission) -> str | None:
    """Where a result or time file should lie that lies in no folder but should; None of every other member.

    >>> rules = rules_of("got10k")
    >>> _placed("GOT-10k_Test_000001.txt", rules), _placed("GOT-10k_Test_000001_time.txt", rules)
    ('GOT-10k_Test_000001/GOT-10k_Test_000001_001.txt', 'GOT-10k_Test_000001/GOT-10k_Test_000001_time.txt')
    """
    match = None if rules.flat is None else rules.flat.fullmatch(path)
    return None if match is None else f"{match[1]}/{match[1]}{match[2] or '_001'}.txt"


def _repetition(path: str) -> int:
    """The number at the end of ``<sequence>_001.txt``; 0 of a file without one."""
    number = path.removesuffix(".txt")[-3:]
    return int(number) if number.isdecimal() else 0


def _misplaced(path: str, rules: Submission) -> str:
    layout = rules.layout
    if path.endswith(rules.ending) and path.count("/") > rules.in_folders:
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


def _check_predictions(members: Mapping[str, bytes], path: str, _length: int | None) -> Iterator[Problem]:
    """A table may leave out frames, which take the row before."""
    try:
        parse_predictions(members[path], path, path.rpartition("/")[2].removesuffix(PREDICTIONS))
    except InputError as error:
        yield Problem(path, error.problem, error.row)


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
