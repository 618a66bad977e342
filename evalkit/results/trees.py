"""Results trees: every tracker's files on one benchmark, by sequence and repetition."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
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
from evalkit.results.messages import (
    left_out_note,
    likely_other,
    nothing_found,
    strays,
    strays_note,
    unread_note,
)
from evalkit.results.tracker_results import TrackerResults, tracker_results
from evalkit.trackers.folders import spec_of_folder


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
    places = _places(files, benchmark, find)
    if not places:
        raise nothing_found(root, benchmark, listing, find)
    located = _by_tracker(places, _name_of_root(root, benchmark))
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
            trackers.append(tracker_results(name, chosen, everything, ambiguous, left_out))
        except InputError as error:
            trackers.append(TrackerResults(name, {}, fault=error))
    others = [path for path in files if path not in places]
    said = "; ".join(filter(None, (strays_note(strays(benchmark, others), benchmark), unread_note(listing))))
    likely = None
    if any(len(tracker.files) < len(names) for tracker in trackers):
        likely = likely_other(benchmark, others, at_least=len(places))
    return tuple(replace(tracker, likely=likely, strays=said) for tracker in trackers)


def _places(files: Mapping[str, ResultFile], benchmark: str, find: Callable[[str], str | None]) -> Mapping[str, Place]:
    """Of which tracker, sequence and repetition each result of the benchmark is, by its path.

    Args:
        find: the sequence of a name, None if there is none.
    """
    places = {path: place for path in files if (place := locate(path, benchmark, find)) is not None}
    for path, shortened in without_classes(places).items():
        places[path] = locate(shortened, benchmark, find) or places[path]
    places |= _named_inside(places, files)
    return places | keep_apart(places, partial(locate, benchmark=benchmark, find=find, whole_names=True))


def _by_tracker(places: Mapping[str, Place], unnamed: str) -> dict[str, list[Located]]:
    """Places by tracker; ``unnamed`` is the tracker of those that name none."""
    repeated = _repeated(places.values())
    located: dict[str, list[Located]] = defaultdict(list)
    for path, place in places.items():
        name = place.tracker if place.tracker in repeated else place.run_folder or place.tracker
        located[name or unnamed].append((place, path))
    return located


def _named_inside(places: Mapping[str, Place], files: Mapping[str, ResultFile]) -> dict[str, Place]:
    """Places of JSON files whose tracker no folder names, but the file itself."""
    named = {}
    for path, place in places.items():
        if not place.tracker and path.lower().endswith(".json"):
            named[path] = replace(place, tracker=tracker_in_json(files[path]))
    return named


def _repeated(places: Iterable[Place]) -> frozenset[str]:
    """Trackers whose numbered folders are runs to average: there are several, and none without a number."""
    folders: dict[str, set[str]] = defaultdict(set)
    for place in places:
        folders[place.tracker].add(place.run_folder)
    return frozenset(name for name, runs in folders.items() if len(runs) > 1 and "" not in runs)


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
    listings = ["\n".join(names[folder]) for folder in own]
    return tuple(name for name in sequences if any(_claims(f"{name}.txt", listing) > 1 for listing in listings))


def _claims(name: str, listing: str) -> int:
    """Lines of a listing that contain a name, counted up to the second."""
    first = listing.find(name)
    end = -1 if first < 0 else listing.find("\n", first)
    return (first >= 0) + (end >= 0 and name in listing[end:])


def _name_of_root(root: Path, benchmark: str) -> str:
    """The tracker of a tree whose folders name none: the tree's own folder or archive."""
    folder = root.resolve()
    folder = folder.parent if is_experiment(folder.name, benchmark) else folder
    own_name = printable(folder.name.partition(".")[0] if folder.is_file() else folder.name)
    own = names_of(benchmark)
    above = (printable(parent.name) for parent in folder.parents if parent.name and plain(parent.name) not in own)
    return tracker_name([own_name], benchmark) or next(map(spec_of_folder, above), own_name)
