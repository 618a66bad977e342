"""One tracker's result files on one benchmark, put in order: by sequence and repetition, with what lies beside them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from evalkit.errors import InputError
from evalkit.results.files import ResultFile, stem
from evalkit.results.layout import Located, Place
from evalkit.results.manifest import Manifest, read_manifest
from evalkit.results.store import SCORE_SUFFIX, TIME_SUFFIX, VISIBLE_SUFFIX
from evalkit.suggestions import some

CONFIDENCE_NAMES = (
    SCORE_SUFFIX, "_confidence.value", "_scores.txt", "_confidence.txt", "_confidences.txt", "_conf.txt",
    "_object_presence_scores.txt",
)  # fmt: skip
"""Ends of the names of files with a tracker's confidence in each frame: ours, vot-toolkit's and pysot's, pytracking's
and those that people use."""


@dataclass(frozen=True)
class TrackerResults:
    """One tracker's result files on one benchmark.

    Attributes:
        files: sequence -> its repetitions, in order.
        repetitions: sequence -> the number, from 1, of each of these; a gap is a run that is not there.
        times: sequence -> the file with the seconds of each frame beside the first of these, where there is one.
        confidences: sequence -> the file with the tracker's confidence in each frame beside each of these, None where
            there is none.
        visible: sequence -> the file that says where the tracker sees the target, likewise.
        notes: how the tree was read, for the user.
        ambiguous: sequences that count as missing because several files claim them (TrackingNet's rule).
        likely: another benchmark that most of the tree's files look like results of, where results are missing.
        left_out: how many files were not taken and why, where results may be missing on their account; or empty.
        remark: what ``run.json`` says of the tracker, such as ``untrained``.
        options: of the benchmark, as ``run.json`` says; None without one.
        strays: how many of the tree's files are of no sequence or of a kind that is not read, and which; the same for
            all of its trackers; or empty.
        empty: trackers of the tree whose run on the benchmark was begun and has no result; the same for all of them.
        fault: why the tracker cannot be scored, where that shows before its files are read.
    """

    tracker: str
    files: Mapping[str, tuple[ResultFile, ...]]
    notes: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()
    remark: str = ""
    options: Mapping[str, str] | None = None
    likely: str | None = None
    left_out: str = ""
    times: Mapping[str, ResultFile] = field(default_factory=dict)
    confidences: Mapping[str, tuple[ResultFile | None, ...]] = field(default_factory=dict)
    visible: Mapping[str, tuple[ResultFile | None, ...]] = field(default_factory=dict)
    repetitions: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    strays: str = ""
    empty: tuple[str, ...] = ()
    fault: InputError | None = None

    def name_of_run(self, sequence: str, index: int) -> str:
        """What notes call one of the files: its name without its folders, for notes are kept and folders move."""
        names = [file.name for file in self.files[sequence]]
        if len(set(names)) == len(names):
            return names[index]
        numbers = self.repetitions.get(sequence) or range(1, len(names) + 1)
        return f"{names[index]} of repetition {numbers[index]}"


def without_sequences(results: TrackerResults, names: Collection[str]) -> TrackerResults:
    """The results without those on some sequences."""
    if not names:
        return results
    left = [name for name in results.files if name not in names]
    return replace(
        results,
        files={name: results.files[name] for name in left},
        times={name: results.times[name] for name in left if name in results.times},
        confidences={name: results.confidences[name] for name in left if name in results.confidences},
        visible={name: results.visible[name] for name in left if name in results.visible},
        repetitions={name: results.repetitions[name] for name in left},
    )


def tracker_results(
    name: str,
    located: Sequence[Located],
    files: Mapping[str, ResultFile],
    ambiguous: tuple[str, ...],
    left_out: str,
) -> TrackerResults:
    """The results of one tracker from where its files lie.

    Args:
        files: all of the tree's, by path.
        ambiguous, left_out: see :class:`TrackerResults`.

    Raises:
        InputError: two different files of one sequence and repetition, or a broken ``run.json``.
    """
    ordered, copies = _by_repetition(name, located, files, ambiguous)
    chosen = {sequence: tuple(files[path] for path in numbered.values()) for sequence, numbered in ordered.items()}
    clocks = {sequence: _time_path(next(iter(numbered.values()))) for sequence, numbered in ordered.items()}
    manifest = _manifest(chosen)
    notes = _notes(located, {sequence: len(numbered) for sequence, numbered in ordered.items()}, copies)
    notes += (left_out,) if left_out else ()
    if ambiguous:
        notes += (f"several file names contain {', '.join(ambiguous)}: missing, by the rule of TrackingNet's devkit",)
    return TrackerResults(
        tracker=name,
        files=chosen,
        notes=notes,
        ambiguous=ambiguous,
        remark="" if manifest is None else manifest.tracker.get("note", ""),
        options=None if manifest is None else manifest.benchmark.get("options", {}),
        left_out=left_out,
        times={sequence: files[path] for sequence, path in clocks.items() if path in files},
        confidences=_beside(ordered, files, CONFIDENCE_NAMES),
        visible=_beside(ordered, files, (VISIBLE_SUFFIX,)),
        repetitions={sequence: tuple(numbered) for sequence, numbered in ordered.items()},
    )


def _by_repetition(
    name: str, located: Sequence[Located], files: Mapping[str, ResultFile], ambiguous: tuple[str, ...]
) -> tuple[dict[str, dict[int, str]], list[str]]:
    """Paths by sequence and repetition, in order, and those of files that are copies of one of them."""
    first_run = min(place.repetition or 0 for place, _ in located)
    paths: dict[str, dict[int, str]] = defaultdict(dict)
    copies = []
    for place, path in located:
        if place.sequence in ambiguous:
            continue
        first = paths[place.sequence].setdefault(_number(place, first_run), path)
        if first != path and files[first].read() == files[path].read():
            copies.append(path)
        elif first != path:
            raise InputError(
                f"a second result of {place.sequence} by {name or 'the tracker'}",
                path=files[path].place,
                hint=f"the first is {files[first].place}",
            )
    return {sequence: dict(sorted(numbered.items())) for sequence, numbered in paths.items()}, copies


def _number(place: Place, first_run: int) -> int:
    """Of a repetition, from 1: as its file has it; the first of the folders that pytracking numbers may have any."""
    if place.run_folder:
        return (place.repetition or 0) - first_run + 1
    return 1 if place.repetition is None else place.repetition


def _beside(
    results: Mapping[str, Mapping[int, str]], files: Mapping[str, ResultFile], endings: Sequence[str]
) -> dict[str, tuple[ResultFile | None, ...]]:
    """For each sequence that has any, the file with one of these endings beside each of its results.

    Args:
        results: sequence -> repetition -> path.
        endings: the better ones first.
    """
    beside = {
        sequence: tuple(_first_of(files, path, endings) for path in numbered.values())
        for sequence, numbered in results.items()
    }
    return {sequence: several for sequence, several in beside.items() if any(several)}


def _first_of(files: Mapping[str, ResultFile], result: str, endings: Sequence[str]) -> ResultFile | None:
    folder = result[: result.rfind("/") + 1]
    return next((files[path] for end in endings if (path := f"{folder}{stem(result)}{end}") in files), None)


def _time_path(result: str) -> str:
    """Path of the time file that belongs to a result: ``<sequence>_time.txt`` for ``<sequence>_001.txt`` too."""
    folders, slash, name = result.rpartition("/")
    own = stem(name)
    if folders.rpartition("/")[2] == own[:-4]:
        own = own[:-4]
    return f"{folders}{slash}{own}{TIME_SUFFIX}"


def _manifest(chosen: Mapping[str, tuple[ResultFile, ...]]) -> Manifest | None:
    """The ``run.json`` beside the results."""
    first = next((files[0].source for files in chosen.values()), None)
    return read_manifest(first.parent) if isinstance(first, Path) else None


def _notes(located: Sequence[Located], counts: Mapping[str, int], copies: Sequence[str]) -> tuple[str, ...]:
    """What was found and what was made of it, for one tracker.

    Args:
        located: the files that are results.
        counts: repetitions of each sequence.
        copies: files that hold what another of the same sequence holds.
    """
    layouts = sorted({place.layout for place, _ in located})
    return (
        f"{sum(counts.values())} files of {len(counts)} sequences, {' and '.join(layouts)}",
        *_of_repetitions(counts),
        *_of_run_folders(located),
        *_of_names(located),
        *([f"{len(copies)} files are copies of others for the same sequence, such as {copies[0]}"] if copies else []),
    )


def _of_repetitions(counts: Mapping[str, int]) -> list[str]:
    fewest, most = min(counts.values(), default=1), max(counts.values(), default=1)
    if most == 1:
        return []
    if fewest == most:
        return [f"{most} repetitions, averaged"]
    fewer = [sequence for sequence, count in counts.items() if count < most]
    such_as = f"such as {fewer[0]}: {counts[fewer[0]]}"
    return [f"{most} repetitions, averaged, but fewer of {len(fewer)} sequences, {such_as}"]


def _of_run_folders(located: Sequence[Located]) -> list[str]:
    runs = sorted({place.run_folder for place, _ in located if place.run_folder})
    if len(runs) < 2:
        return []
    return [
        f"WARNING: {some(runs)} are taken as runs of one tracker, as pytracking numbers them; "
        "if they are different trackers, rename them or score each folder by itself"
    ]


def _of_names(located: Sequence[Located]) -> list[str]:
    renamed = [(stem(path), place.sequence) for place, path in located if not place.repetition]
    aliases = [f"{theirs} = {ours}" for theirs, ours in renamed if theirs != ours]
    return [f"names matched: {some(aliases)}"] if aliases else []
