"""Results trees: every tracker's files on one benchmark, by sequence and repetition."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TypeAlias

from evalkit.benchmarks.aliases import canonical_name
from evalkit.benchmarks.layout import plain
from evalkit.benchmarks.registry import BENCHMARKS
from evalkit.errors import InputError
from evalkit.importers.files import ResultFile, list_files
from evalkit.importers.layout import Place, likely_benchmark, locate, names_of, tracker_name
from evalkit.manifest import read_manifest
from evalkit.trackers.spec import spec_of_folder

_Found: TypeAlias = Mapping[str, list[tuple[Place, str]]]
"""Sequence -> what its files are, and their paths in the tree."""


@dataclass(frozen=True)
class TrackerResults:
    """One tracker's result files on one benchmark.

    Attributes:
        files: sequence -> its repetitions, in order.
        notes: how the tree was read, for the user.
        ambiguous: sequences that count as missing because several files claim them (TrackingNet's rule).
        remark: what ``run.json`` says of the tracker, such as ``untrained``.
    """

    tracker: str
    files: Mapping[str, tuple[ResultFile, ...]]
    notes: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()
    remark: str = ""


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
    find = partial(canonical_name, benchmark, known=names)
    found: dict[str, dict[str, list[tuple[Place, str]]]] = defaultdict(lambda: defaultdict(list))
    for path in files:
        place = locate(path, benchmark, find)
        if place is not None:
            found[place.tracker or _name_of_root(root, benchmark)][place.sequence].append((place, path))
    if not found:
        raise _nothing_found(root, benchmark, list(files))
    substring_rule = benchmark == "trackingnet"
    if substring_rule and root.is_file() and len(found) == 1:  # a folder inside a submission means nothing
        found = {_name_of_root(root, benchmark): next(iter(found.values()))}
    return tuple(
        _tracker(name, sequences, files, substring_rule=substring_rule) for name, sequences in sorted(found.items())
    )


def _tracker(name: str, sequences: _Found, files: Mapping[str, ResultFile], *, substring_rule: bool) -> TrackerResults:
    ambiguous = _claimed_twice(sequences, files) if substring_rule else ()
    chosen: dict[str, tuple[ResultFile, ...]] = {}
    for sequence, places in sequences.items():
        if sequence in ambiguous:
            continue
        by_repetition: dict[int | None, str] = {}
        for place, path in places:
            other = by_repetition.setdefault(place.repetition, path)
            if other != path:
                raise InputError(
                    f"a second result of {sequence} by {name or 'the tracker'}",
                    path=files[path].place,
                    hint=f"the first is {files[other].place}",
                )
        order = sorted(by_repetition, key=lambda number: -1 if number is None else number)
        chosen[sequence] = tuple(files[by_repetition[number]] for number in order)
    return TrackerResults(name, chosen, _notes(sequences, chosen), ambiguous, _remark(chosen))


def _remark(chosen: Mapping[str, tuple[ResultFile, ...]]) -> str:
    """The note in the ``run.json`` beside the results."""
    first = next((files[0].source for files in chosen.values()), None)
    manifest = read_manifest(first.parent) if isinstance(first, Path) else None
    return manifest.tracker.get("note", "") if manifest else ""


def _claimed_twice(sequences: _Found, files: Mapping[str, ResultFile]) -> tuple[str, ...]:
    """TrackingNet's devkit takes a sequence as missing if two file names contain its own (``metrics.py``)."""
    names = [PurePosixPath(path).name for path in files]
    return tuple(name for name in sequences if sum(f"{name}.txt" in other for other in names) > 1)


def _notes(sequences: _Found, chosen: Mapping[str, tuple[ResultFile, ...]]) -> tuple[str, ...]:
    places = [item for items in sequences.values() for item in items]
    layouts = sorted({place.layout for place, _ in places})
    notes = [f"{sum(map(len, chosen.values()))} files of {len(chosen)} sequences, {' and '.join(layouts)}"]
    counts = sorted({len(files) for files in chosen.values()})
    if counts and counts != [1]:
        notes.append(f"{' or '.join(map(str, counts))} repetitions, averaged")
    renamed = [(PurePosixPath(path).stem, place.sequence) for place, path in places if not place.repetition]
    aliases = [f"{theirs} = {ours}" for theirs, ours in renamed if theirs != ours]
    if aliases:
        more = f" and {len(aliases) - 3} more" if len(aliases) > 3 else ""
        notes.append(f"names matched: {', '.join(aliases[:3])}{more}")
    return tuple(notes)


def _name_of_root(root: Path, benchmark: str) -> str:
    """The tracker of a tree whose folders name none: the tree's own folder or archive."""
    folder = root.resolve()
    stem = folder.name.partition(".")[0] if folder.is_file() else folder.name
    own = names_of(benchmark)
    above = (parent.name for parent in folder.parents if parent.name and plain(parent.name) not in own)
    return tracker_name([stem], benchmark) or next(map(spec_of_folder, above), stem)


def _nothing_found(root: Path, benchmark: str, paths: list[str]) -> InputError:
    if not paths:
        return InputError("holds no result files (*.txt)", path=root, hint="what did `stdtrack run --out` write?")
    others = {name: partial(canonical_name, name) for name in BENCHMARKS if name != benchmark}
    likely = likely_benchmark([PurePosixPath(path).stem for path in paths], others)
    hint = f"they look like results of {likely}" if likely else f"{benchmark} has no sequence of such names"
    problem = f"none of {len(paths)} files, such as {paths[0]}, is a result on {benchmark}"
    return InputError(problem, path=root, hint=hint)
