"""Results trees: every tracker's files on one benchmark, by sequence and repetition."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path, PurePosixPath
from typing import TypeAlias

from evalkit.benchmarks.aliases import canonical_name
from evalkit.benchmarks.layout import plain
from evalkit.benchmarks.registry import BENCHMARKS
from evalkit.errors import InputError
from evalkit.importers.files import ResultFile, list_files
from evalkit.importers.layout import Place, likely_benchmark, locate, names_of, tracker_name
from evalkit.manifest import read_manifest
from evalkit.results import TIME_SUFFIX
from evalkit.trackers.spec import spec_of_folder

_Found: TypeAlias = Mapping[str, list[tuple[Place, str]]]
"""Sequence -> what its files are, and their paths in the tree."""


@dataclass(frozen=True)
class TrackerResults:
    """One tracker's result files on one benchmark.

    Attributes:
        files: sequence -> its repetitions, in order.
        repetitions: sequence -> the number, from 1, of each of these; a gap is a run that is not there.
        times: sequence -> the file with the seconds of each frame beside the first of these, where there is one.
        notes: how the tree was read, for the user.
        ambiguous: sequences that count as missing because several files claim them (TrackingNet's rule).
        likely: another benchmark that most of the tree's files look like results of, where results are missing.
        remark: what ``run.json`` says of the tracker, such as ``untrained``.
    """

    tracker: str
    files: Mapping[str, tuple[ResultFile, ...]]
    notes: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()
    remark: str = ""
    likely: str | None = None
    times: Mapping[str, ResultFile] = field(default_factory=dict)
    repetitions: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


def read_tree(root: Path, benchmark: str, known: Iterable[str]) -> tuple[TrackerResults, ...]:
    """All trackers that have results on a benchmark below ``root``.

    Args:
        root: our ``RUNS``, a tracker's folder in it, other people's tree, or an archive of one.
        benchmark: command-line name, without options.
        known: the sequences that can be scored, by the benchmark's own names.

    Raises:
        InputError: no result of this benchmark, or two files for one sequence of one tracker.
    """
    files = list_files(root)
    names = tuple(known)
    find = cache(partial(canonical_name, benchmark, known=names))  # all trackers' files are called alike
    places = {path: place for path in files if (place := locate(path, benchmark, find)) is not None}
    if not places:
        raise _nothing_found(root, benchmark, list(files))
    repeated = _repeated(places.values())
    found: dict[str, dict[str, list[tuple[Place, str]]]] = defaultdict(lambda: defaultdict(list))
    for path, place in places.items():
        name = place.tracker if place.tracker in repeated else place.run_folder or place.tracker
        found[name or _name_of_root(root, benchmark)][place.sequence].append((place, path))
    trackingnet = benchmark == "trackingnet"
    submission = trackingnet and root.is_file() and len(found) == 1
    if submission:  # a folder inside a submission means nothing
        found = {_name_of_root(root, benchmark): next(iter(found.values()))}
    trackers = []
    for name, sequences in sorted(found.items()):
        ambiguous = _claimed_twice(sequences, files, whole_tree=submission) if trackingnet else ()
        trackers.append(_tracker(name, sequences, files, ambiguous))
    if any(len(sequences) < len(names) for sequences in found.values()):
        likely = _likely(benchmark, (path for path in files if path not in places), at_least=len(places))
        return tuple(replace(tracker, likely=likely) for tracker in trackers)
    return tuple(trackers)


def _repeated(places: Iterable[Place]) -> frozenset[str]:
    """Trackers whose numbered folders are runs to average: there are several, and none without a number."""
    folders: dict[str, set[str]] = defaultdict(set)
    for place in places:
        folders[place.tracker].add(place.run_folder)
    return frozenset(name for name, runs in folders.items() if len(runs) > 1 and "" not in runs)


def _tracker(
    name: str, sequences: _Found, files: Mapping[str, ResultFile], ambiguous: tuple[str, ...]
) -> TrackerResults:
    chosen: dict[str, tuple[ResultFile, ...]] = {}
    numbers: dict[str, tuple[int, ...]] = {}
    times: dict[str, ResultFile] = {}
    first_run = min(place.repetition or 0 for places in sequences.values() for place, _ in places)
    for sequence, places in sequences.items():
        if sequence in ambiguous:
            continue
        by_repetition: dict[int, str] = {}
        for place, path in places:
            other = by_repetition.setdefault(_number(place, first_run), path)
            if other != path:
                raise InputError(
                    f"a second result of {sequence} by {name or 'the tracker'}",
                    path=files[path].place,
                    hint=f"the first is {files[other].place}",
                )
        numbers[sequence] = tuple(sorted(by_repetition))
        chosen[sequence] = tuple(files[by_repetition[number]] for number in numbers[sequence])
        clock = _time_path(by_repetition[numbers[sequence][0]])
        if clock in files:
            times[sequence] = files[clock]
    notes = _notes(sequences, chosen)
    if ambiguous:
        notes += (f"several file names contain {', '.join(ambiguous)}: missing, by the rule of TrackingNet's devkit",)
    return TrackerResults(name, chosen, notes, ambiguous, _remark(chosen), times=times, repetitions=numbers)


def _number(place: Place, first_run: int) -> int:
    """Of a repetition, from 1: as its file has it; the first of the folders that pytracking numbers may have any."""
    if place.run_folder:
        return (place.repetition or 0) - first_run + 1
    return 1 if place.repetition is None else place.repetition


def _time_path(result: str) -> str:
    """Path of the time file that belongs to a result: ``<sequence>_time.txt`` for ``<sequence>_001.txt`` too."""
    folders, slash, name = result.rpartition("/")
    stem = name.removesuffix(".txt")
    if folders.rpartition("/")[2] == stem[:-4]:
        stem = stem[:-4]
    return f"{folders}{slash}{stem}{TIME_SUFFIX}"


def _remark(chosen: Mapping[str, tuple[ResultFile, ...]]) -> str:
    """The note in the ``run.json`` beside the results."""
    first = next((files[0].source for files in chosen.values()), None)
    manifest = read_manifest(first.parent) if isinstance(first, Path) else None
    return manifest.tracker.get("note", "") if manifest else ""


def _claimed_twice(sequences: _Found, files: Iterable[str], *, whole_tree: bool) -> tuple[str, ...]:
    """TrackingNet's devkit takes a sequence as missing if two file names contain its own (``metrics.py``).

    Args:
        files: paths in the tree.
        whole_tree: the tree is one submission, whose folders mean nothing; otherwise each folder is one.
    """
    names: dict[str, list[str]] = defaultdict(list)
    for path in files:
        folder, _, name = path.rpartition("/")
        names["" if whole_tree else folder].append(name)
    own = {"" if whole_tree else path.rpartition("/")[0] for places in sequences.values() for _, path in places}
    return tuple(
        name for name in sequences if any(sum(f"{name}.txt" in other for other in names[folder]) > 1 for folder in own)
    )


def _notes(sequences: _Found, chosen: Mapping[str, tuple[ResultFile, ...]]) -> tuple[str, ...]:
    places = [item for items in sequences.values() for item in items]
    layouts = sorted({place.layout for place, _ in places})
    notes = [f"{sum(map(len, chosen.values()))} files of {len(chosen)} sequences, {' and '.join(layouts)}"]
    notes += _repetition_notes({sequence: len(repetitions) for sequence, repetitions in chosen.items()})
    runs = sorted({place.run_folder for place, _ in places if place.run_folder})
    if len(runs) > 1:
        notes.append(
            f"WARNING: {', '.join(runs)} are taken as runs of one tracker, as pytracking numbers them; "
            "if they are different trackers, rename them or score each folder by itself"
        )
    renamed = [
        (path.rpartition("/")[2].removesuffix(".txt"), place.sequence) for place, path in places if not place.repetition
    ]
    aliases = [f"{theirs} = {ours}" for theirs, ours in renamed if theirs != ours]
    if aliases:
        more = f" and {len(aliases) - 3} more" if len(aliases) > 3 else ""
        notes.append(f"names matched: {', '.join(aliases[:3])}{more}")
    return tuple(notes)


def _repetition_notes(counts: Mapping[str, int]) -> list[str]:
    fewest, most = min(counts.values(), default=1), max(counts.values(), default=1)
    if most == 1:
        return []
    if fewest == most:
        return [f"{most} repetitions, averaged"]
    fewer = [sequence for sequence, count in counts.items() if count < most]
    return [
        f"{most} repetitions, averaged, but fewer of {len(fewer)} sequences, such as {fewer[0]}: {counts[fewer[0]]}"
    ]


def _name_of_root(root: Path, benchmark: str) -> str:
    """The tracker of a tree whose folders name none: the tree's own folder or archive."""
    folder = root.resolve()
    stem = folder.name.partition(".")[0] if folder.is_file() else folder.name
    own = names_of(benchmark)
    above = (parent.name for parent in folder.parents if parent.name and plain(parent.name) not in own)
    return tracker_name([stem], benchmark) or next(map(spec_of_folder, above), stem)


def _likely(benchmark: str, paths: Iterable[str], *, at_least: int = 0) -> str | None:
    """Another benchmark that files of these paths look like results of; None if they are fewer than ``at_least``."""
    stems = [PurePosixPath(path).stem for path in paths]
    others = {name: partial(canonical_name, name) for name in BENCHMARKS if name != benchmark}
    return likely_benchmark(stems, others) if len(stems) >= at_least else None


def _nothing_found(root: Path, benchmark: str, paths: list[str]) -> InputError:
    if not paths:
        return InputError("holds no result files (*.txt)", path=root, hint="what did `stdtrack run --out` write?")
    likely = _likely(benchmark, paths)
    hint = f"they look like results of {likely}" if likely else f"{benchmark} has no sequence of such names"
    problem = f"none of {len(paths)} files, such as {paths[0]}, is a result on {benchmark}"
    return InputError(problem, path=root, hint=hint)
