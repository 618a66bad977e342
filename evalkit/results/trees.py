"""Results trees: every tracker's files on one benchmark, by sequence and repetition."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

from evalkit.benchmarks.aliases import canonical_name, own_name
from evalkit.benchmarks.base import Benchmark
from evalkit.benchmarks.installed import BENCHMARKS, all_benchmarks
from evalkit.benchmarks.layout import plain
from evalkit.errors import InputError
from evalkit.reading.text import printable
from evalkit.results.files import EXPECTED, Listing, OwnForm, ResultFile, is_perfmat, lies_beside, list_tree, stem
from evalkit.results.formats.otb_runs import tracker_in_json
from evalkit.results.layout import (
    Located,
    Place,
    benchmark_named,
    is_experiment,
    is_no_result_folder,
    keep_apart,
    likely_benchmark,
    locate,
    names_of,
    own_results,
    tracker_name,
    without_classes,
)
from evalkit.results.tracker_results import TrackerResults, tracker_results
from evalkit.suggestions import some
from evalkit.trackers.folders import spec_of_folder


def own_form(benchmark: Benchmark | None) -> OwnForm | None:
    """The form that results on this benchmark may have beside those that any results may have; None without one."""
    if benchmark is None or benchmark.results_form != "oxuva":
        return None
    from evalkit.results.formats.oxuva import form_of  # other benchmarks do without

    return form_of(benchmark)


def read_tree(
    root: Path, benchmark: str, known: Iterable[str], own: OwnForm | None = None
) -> tuple[TrackerResults, ...]:
    """All trackers that have results on a benchmark below ``root``.

    Args:
        root: our ``RUNS``, a tracker's folder in it, other people's tree, or an archive of one.
        benchmark: command-line name, without options.
        known: the sequences that can be scored, by the benchmark's own names.
        own: see :func:`own_form`.

    Returns:
        The trackers by name. Of one that has two files for a sequence, or a broken ``run.json``, ``fault`` says so.

    Raises:
        InputError: no result of this benchmark.
    """
    listing = list_tree(root, own.ending if own else "")
    names = tuple(known)
    find = cache(partial(canonical_name, benchmark, known=names))  # all trackers' files are called alike
    files = {**listing.files, **(_as_ours(listing.own, own, find) if own else {})}
    places = _places(files, benchmark, find)
    if not places:
        raise _nothing_there(root, benchmark, replace(listing, files=files), find)
    located = _by_tracker(places, _name_of_root(root, benchmark))
    trackingnet = benchmark in BENCHMARKS and BENCHMARKS[benchmark].family == "trackingnet"
    submission = trackingnet and root.is_file() and len(located) == 1
    if submission:  # a folder inside a submission means nothing
        located = {_name_of_root(root, benchmark): next(iter(located.values()))}
    trackers, everything = [], {**listing.values, **files}
    for name, items in sorted(located.items()):
        chosen = own_results(benchmark, items)
        ambiguous = _claimed_twice(chosen, files, whole_tree=submission) if trackingnet else ()
        left_out = _left_out_note(items, chosen, benchmark)
        try:
            trackers.append(tracker_results(name, chosen, everything, ambiguous, left_out))
        except InputError as error:
            trackers.append(TrackerResults(name, {}, fault=error))
    others = [path for path in files if path not in places]
    empty = _empty_runs(listing.runs, places, benchmark)
    said = "; ".join(filter(None, (_strays_note(_strays(benchmark, others), benchmark), _unread_note(listing))))
    likely = None
    if any(len(tracker.files) < len(names) for tracker in trackers):
        likely = _likely_other(benchmark, others, at_least=len(places))
    return tuple(replace(tracker, likely=likely, strays=said, empty=empty) for tracker in trackers)


def _as_ours(files: Mapping[str, ResultFile], own: OwnForm, find: Callable[[str], str | None]) -> dict[str, ResultFile]:
    """Files in a benchmark's own form, and what would lie beside them, if they were ours; others stay as they are."""
    unfolded = dict(files)
    for path, file in files.items():
        sequence = find(stem(path))
        if sequence is not None:
            before = path[: len(path) - len(own.ending) - 1]
            unfolded |= {f"{before}{end}": part for end, part in own.parts(file, sequence).items()}
    return unfolded


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
    """Trackers whose numbered folders are runs to average: several, none without a number, most numbers of their range.

    Runs are counted one by one; ``_010, _020`` count something else, such as epochs.
    """
    folders: dict[str, dict[str, int]] = defaultdict(dict)
    for place in places:
        folders[place.tracker][place.run_folder] = place.repetition or 0
    return frozenset(
        name
        for name, runs in folders.items()
        if len(runs) > 1 and "" not in runs and 2 * len(runs) > max(runs.values()) - min(runs.values()) + 1
    )


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


def _left_out_note(located: Sequence[Located], chosen: Sequence[Located], benchmark: str) -> str:
    """How many of a tracker's files that look like results were left out, and why; empty if none was."""
    kept = {path for _, path in chosen}
    paths = sorted(path for _, path in located if path not in kept)
    if not paths:
        return ""
    by_folder = any(place.in_own_folder for place, _ in chosen)
    reason = f"outside of the folder of {benchmark}" if by_folder else "named as another benchmark's sequences"
    return f"{len(paths)} files are of another benchmark, such as {paths[0]}: {reason}"


def _strays_note(paths: Sequence[str], benchmark: str) -> str:
    """How many files have the name of no sequence, and which; empty if none has."""
    return f"{len(paths)} files are of no sequence of {benchmark}, such as {some(paths)}" if paths else ""


def _likely_other(benchmark: str, paths: Iterable[str], *, at_least: int = 0) -> str | None:
    """Another benchmark that files of these paths look like results of; None if they are fewer than ``at_least``."""
    stems = [stem(path) for path in paths]
    others = {kind.name: partial(own_name, kind) for kind in all_benchmarks() if kind.name != benchmark}
    return likely_benchmark(stems, others) if len(stems) >= at_least else None


def _strays(benchmark: str, paths: Iterable[str]) -> list[str]:
    """Those of the paths, which are no results on the benchmark, that no folder's or file's name explains."""
    return [path for path in paths if not lies_beside(path) and not _is_explained(path, benchmark)]


def _is_explained(path: str, benchmark: str) -> bool:
    folders = path.split("/")[:-1]
    return is_no_result_folder(folders) or benchmark_named(folders, benchmark) is not None


def _empty_runs(runs: Iterable[str], places: Iterable[str], benchmark: str) -> tuple[str, ...]:
    """Trackers whose run on the benchmark was begun and has no result.

    Args:
        runs: paths of ``<tracker>/<benchmark>/run.json``.
        places: paths of results.
    """
    shown = {path.rpartition("/")[0] for path in places}
    folders = [folder.split("/") for path in runs if (folder := path.rpartition("/")[0]) not in shown]
    named = [[spec_of_folder(part) for part in parts[-2:]] for parts in folders if len(parts) > 1]
    return tuple(tracker for tracker, on in named if on == benchmark)


def _unread_note(listing: Listing) -> str:
    """How many files of a kind that is not read, and links to folders, lie in a tree; empty if none does."""
    unread, links = listing.unread, listing.links
    files = f"{len(unread)} files of other kinds are not read, such as {some(unread)}" if unread else ""
    folders = f"{len(links)} links to folders are not followed, such as {some(links)}" if links else ""
    return "; ".join(filter(None, (files, folders)))


def _nothing_there(root: Path, benchmark: str, listing: Listing, find: Callable[[str], str | None]) -> InputError:
    """The error of a tree without a result on the benchmark.

    Args:
        listing: what lies in it.
        find: the benchmark's own name of a sequence, or None.
    """
    error = _why_nothing(root, benchmark, list(listing.files), find)
    note = _unread_note(listing)
    hint = "; ".join(filter(None, (note, error.hint)))
    return InputError(error.problem, path=error.path, hint=hint)


def _why_nothing(root: Path, benchmark: str, paths: list[str], find: Callable[[str], str | None]) -> InputError:
    if not paths:
        return InputError("holds no result files", path=root, hint=f"results are {EXPECTED}")
    problem = f"none of {len(paths)} files, such as {some(paths)}, is a result on {benchmark}"
    fitting = [path for path in paths if find(stem(path)) is not None]
    named = Counter(other for path in fitting if (other := benchmark_named(path.split("/")[:-1], benchmark)))
    if named:
        ((other, count),) = named.most_common(1)
        hint = f"{count} files have names of its sequences, but lie in a folder named after the benchmark {other}"
        return InputError(problem, path=root, hint=hint)
    if any(map(is_perfmat, paths)):
        return InputError(problem, path=root, hint="curves without boxes (perfMat) are for `stdtrack report`")
    likely = _likely_other(benchmark, paths)
    hint = f"they look like results of {likely}" if likely else f"{benchmark} has no sequence of such names"
    return InputError(problem, path=root, hint=hint)
