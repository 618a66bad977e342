"""Results trees: every tracker's files on one benchmark, by sequence and repetition."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path

from evalkit.benchmarks.aliases import canonical_name
from evalkit.benchmarks.installed import BENCHMARKS
from evalkit.benchmarks.layout import plain
from evalkit.errors import InputError
from evalkit.reading.text import printable
from evalkit.results.files import ResultFile, list_tree
from evalkit.results.formats.otb_runs import tracker_in_json
from evalkit.results.layout import (
    Located,
    Place,
    is_experiment,
    keep_apart,
    locate,
    names_of,
    own_results,
    tracker_name,
    without_classes,
)
from evalkit.results.manifest import read_manifest
from evalkit.results.messages import (
    left_out_note,
    likely_other,
    nothing_found,
    reading_notes,
    strays,
    strays_note,
    unread_note,
)
from evalkit.results.names import stem
from evalkit.results.store import SCORE_SUFFIX, TIME_SUFFIX, VISIBLE_SUFFIX
from evalkit.trackers.folders import spec_of_folder

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
        strays: how many of the tree's files are of no sequence or of a kind that is not read, and which; the same for
            all of its trackers; or empty.
        fault: why the tracker cannot be scored, where that shows before its files are read.
    """

    tracker: str
    files: Mapping[str, tuple[ResultFile, ...]]
    notes: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()
    remark: str = ""
    likely: str | None = None
    left_out: str = ""
    times: Mapping[str, ResultFile] = field(default_factory=dict)
    confidences: Mapping[str, tuple[ResultFile | None, ...]] = field(default_factory=dict)
    visible: Mapping[str, tuple[ResultFile | None, ...]] = field(default_factory=dict)
    repetitions: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    strays: str = ""
    fault: InputError | None = None

    def name_of_run(self, sequence: str, index: int) -> str:
        """What notes call one of the files: its name without its folders, for notes are kept and folders move."""
        names = [file.name for file in self.files[sequence]]
        if len(set(names)) == len(names):
            return names[index]
        numbers = self.repetitions.get(sequence) or range(1, len(names) + 1)
        return f"{names[index]} of repetition {numbers[index]}"


def read_tree(root: Path, benchmark: str, known: Iterable[str]) -> tuple[TrackerResults, ...]:
    """All trackers that have results on a benchmark below ``root``.

    Args:
        root: our ``RUNS``, a tracker's folder in it, other people's tree, or an archive of one.
        benchmark: command-line name, without options.
        known: the sequences that can be scored, by the benchmark's own names.

    Returns:
        The trackers by name. Of one that has two files for a sequence, or a broken ``run.json``, ``fault`` says so.

    Raises:
        InputError: no result of this benchmark.
    """
    listing = list_tree(root)
    files = listing.files
    names = tuple(known)
    find = cache(partial(canonical_name, benchmark, known=names))  # all trackers' files are called alike
    places = {path: place for path in files if (place := locate(path, benchmark, find)) is not None}
    if not places:
        raise nothing_found(root, benchmark, listing, find)
    for path, shortened in without_classes(places).items():
        places[path] = locate(shortened, benchmark, find) or places[path]
    places |= _named_inside(places, files)
    places |= keep_apart(places, partial(locate, benchmark=benchmark, find=find, whole_names=True))
    repeated = _repeated(places.values())
    located: dict[str, list[Located]] = defaultdict(list)
    for path, place in places.items():
        name = place.tracker if place.tracker in repeated else place.run_folder or place.tracker
        located[name or _name_of_root(root, benchmark)].append((place, path))
    trackingnet = benchmark in BENCHMARKS and BENCHMARKS[benchmark].family == "trackingnet"
    submission = trackingnet and root.is_file() and len(located) == 1
    if submission:  # a folder inside a submission means nothing
        located = {_name_of_root(root, benchmark): next(iter(located.values()))}
    trackers, everything = [], {**listing.values, **files}
    for name, items in sorted(located.items()):
        chosen = own_results(benchmark, items)
        ambiguous = _claimed_twice(chosen, files, whole_tree=submission) if trackingnet else ()
        left_out = left_out_note(items, chosen, benchmark)
        try:
            trackers.append(_tracker(name, chosen, everything, ambiguous, left_out))
        except InputError as error:
            trackers.append(TrackerResults(name, {}, fault=error))
    others = [path for path in files if path not in places]
    said = "; ".join(filter(None, (strays_note(strays(benchmark, others), benchmark), unread_note(listing))))
    likely = None
    if any(len(tracker.files) < len(names) for tracker in trackers):
        likely = likely_other(benchmark, others, at_least=len(places))
    return tuple(replace(tracker, likely=likely, strays=said) for tracker in trackers)


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


def _named_inside(places: Mapping[str, Place], files: Mapping[str, ResultFile]) -> dict[str, Place]:
    """Places of JSON files whose tracker no folder names, but the file itself."""
    found = {}
    for path, place in places.items():
        if not place.tracker and path.lower().endswith(".json"):
            found[path] = replace(place, tracker=tracker_in_json(files[path]))
    return found


def _repeated(places: Iterable[Place]) -> frozenset[str]:
    """Trackers whose numbered folders are runs to average: there are several, and none without a number."""
    folders: dict[str, set[str]] = defaultdict(set)
    for place in places:
        folders[place.tracker].add(place.run_folder)
    return frozenset(name for name, runs in folders.items() if len(runs) > 1 and "" not in runs)


def _tracker(
    name: str,
    located: Sequence[Located],
    files: Mapping[str, ResultFile],
    ambiguous: tuple[str, ...],
    left_out: str,
) -> TrackerResults:
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
    ordered = {sequence: dict(sorted(numbered.items())) for sequence, numbered in paths.items()}
    chosen = {sequence: tuple(files[path] for path in numbered.values()) for sequence, numbered in ordered.items()}
    clocks = {sequence: _time_path(next(iter(numbered.values()))) for sequence, numbered in ordered.items()}
    notes = reading_notes(located, {sequence: len(numbered) for sequence, numbered in ordered.items()}, copies)
    notes += (left_out,) if left_out else ()
    if ambiguous:
        notes += (f"several file names contain {', '.join(ambiguous)}: missing, by the rule of TrackingNet's devkit",)
    return TrackerResults(
        tracker=name,
        files=chosen,
        notes=notes,
        ambiguous=ambiguous,
        remark=_remark(chosen),
        left_out=left_out,
        times={sequence: files[path] for sequence, path in clocks.items() if path in files},
        confidences=_beside(ordered, files, CONFIDENCE_NAMES),
        visible=_beside(ordered, files, (VISIBLE_SUFFIX,)),
        repetitions={sequence: tuple(numbered) for sequence, numbered in ordered.items()},
    )


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
    found = {
        sequence: tuple(_first_of(files, path, endings) for path in numbered.values())
        for sequence, numbered in results.items()
    }
    return {sequence: several for sequence, several in found.items() if any(several)}


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


def _remark(chosen: Mapping[str, tuple[ResultFile, ...]]) -> str:
    """The note in the ``run.json`` beside the results."""
    first = next((files[0].source for files in chosen.values()), None)
    manifest = read_manifest(first.parent) if isinstance(first, Path) else None
    return manifest.tracker.get("note", "") if manifest else ""


def _claimed_twice(located: Sequence[Located], files: Iterable[str], *, whole_tree: bool) -> tuple[str, ...]:
    """TrackingNet's devkit takes a sequence as missing if two file names contain its own (``metrics.py``).

    Args:
        files: paths in the tree.
        whole_tree: the tree is one submission, whose folders mean nothing; otherwise each folder is one.
    """
    names: dict[str, list[str]] = defaultdict(list)
    for path in files:
        folder, _, name = path.rpartition("/")
        names["" if whole_tree else folder].append(name)
    own = {"" if whole_tree else path.rpartition("/")[0] for _, path in located}
    sequences = dict.fromkeys(place.sequence for place, _ in located)
    return tuple(
        name for name in sequences if any(sum(f"{name}.txt" in other for other in names[folder]) > 1 for folder in own)
    )


def _name_of_root(root: Path, benchmark: str) -> str:
    """The tracker of a tree whose folders name none: the tree's own folder or archive."""
    folder = root.resolve()
    folder = folder.parent if is_experiment(folder.name, benchmark) else folder
    own_name = printable(folder.name.partition(".")[0] if folder.is_file() else folder.name)
    own = names_of(benchmark)
    above = (printable(parent.name) for parent in folder.parents if parent.name and plain(parent.name) not in own)
    return tracker_name([own_name], benchmark) or next(map(spec_of_folder, above), own_name)
