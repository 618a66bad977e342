"""Which tracker, sequence and repetition a file of a results tree belongs to, told from its path alone.

Recognised are ``<sequence>.txt`` below any folders (our own runs, pytracking, OSTrack, pysot, LaSOT's toolkit),
``<sequence>/<sequence>_001.txt`` (GOT-10k, VOT) and ``<sequence>_<tracker>.mat`` (OTB). Folders named after a benchmark
say what their files are of, those named after the class of all their sequences (``airplane/airplane-1.txt``) nothing;
the other folders are the tracker's name.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial

from evalkit.benchmarks.aliases import has_prefix, own_name
from evalkit.benchmarks.base import Benchmark
from evalkit.benchmarks.installed import BENCHMARKS, all_benchmarks
from evalkit.benchmarks.layout import plain
from evalkit.benchmarks.variations import MARK
from evalkit.benchmarks.varied import Varied
from evalkit.results.files import stem
from evalkit.trackers.folders import spec_of_folder

# Folders that toolkits put around or below a tracker's results.
_GENERIC = frozenset({"results", "result", "trackingresults", "rawresults", "raw", "runs", "run", "ope"})
_OPE = "resultsope"  # results_OPE_OTB100 and the like, of OTB's toolkit
_NO_RESULTS = frozenset({"times", "failures"})
# pytracking numbers its runs `<parameters>_000` and so on; higher numbers, as in vitb_256, are part of a name.
_RUN_FOLDER = re.compile(r"(.+)_(0\d\d)")
RUN_LAYOUT = "<tracker>_000/<sequence>.txt"
_REPETITION = re.compile(r"(.+)_([0-9]{3})")
_CLASS = re.compile(r"(.+?)[-_]?[0-9]+")
_NAMES_TRACKERS = frozenset({"mat", "json"})
# OTB's toolkit beside OPE: runs from other frames, and from shifted boxes.
_OTHER_RUNS = ("resultstre", "resultssre")


@dataclass(frozen=True)
class Place:
    """What a result file is.

    Attributes:
        tracker: empty where no folder names it.
        repetition: number in the file's name, or in that of a pytracking run's folder.
        run_folder: the tracker's name with that number, where a folder has it: ``dimp/dimp50_003``.
        in_own_folder: a folder above the file is named after the benchmark.
    """

    tracker: str
    sequence: str
    repetition: int | None
    layout: str
    run_folder: str = ""
    in_own_folder: bool = False


def locate(path: str, benchmark: str, find: Callable[[str], str | None], *, whole_names: bool = False) -> Place | None:
    """Recognise one path.

    Args:
        path: relative to the root of the tree.
        benchmark: command-line name of the benchmark that is scored.
        find: the benchmark's own name of a sequence, or None.
        whole_names: folders such as ``results`` and ``raw`` are a part of the tracker's name.

    Returns:
        None if the file is no result on this benchmark.
    """
    *folders, file = path.split("/")
    if is_no_result_folder(folders) or benchmark_named(folders, benchmark):
        return None
    (sequence, own_tracker), repetition = _sequence_and_tracker(file, find), None
    ending = file.rpartition(".")[2].lower()
    layout = f"<sequence>_<tracker>.{ending}" if own_tracker else f"<sequence>.{ending}"
    numbered = _REPETITION.fullmatch(stem(file))
    if sequence is None and numbered and folders and find(numbered[1]) == find(folders[-1]):
        sequence, repetition, layout = find(numbered[1]), int(numbered[2]), f"<sequence>/<sequence>_001.{ending}"
    if sequence is None:
        return None
    if folders and find(folders[-1]) == sequence:
        folders = folders[:-1]
    kept = [folder for folder in folders if plain(folder) not in names_of(benchmark)]
    own = len(kept) < len(folders)
    if numbered and repetition and kept and is_experiment(kept[-1], benchmark):
        kept = kept[:-1]
    name_of = partial(tracker_name, benchmark=benchmark, generic=frozenset() if whole_names else _GENERIC)
    run = _RUN_FOLDER.fullmatch(kept[-1]) if kept and repetition is None else None
    if run is None or ":" in spec_of_folder(run[1]):  # our own runs are named after specs, which may end in a number
        return Place(_joined(name_of(kept), own_tracker), sequence, repetition, layout, in_own_folder=own)
    name, folder = (name_of([*kept[:-1], last]) for last in (run[1], run[0]))
    return Place(name, sequence, int(run[2]), RUN_LAYOUT, folder, own)


def _sequence_and_tracker(file: str, find: Callable[[str], str | None]) -> tuple[str | None, str]:
    """The sequence of a file, and its tracker where the file's name has it, as OTB's ``Biker_KCF.mat``.

    Args:
        find: the benchmark's own name of a sequence, or None.

    >>> _sequence_and_tracker("Biker_KCF_GaussHog.mat", {"Biker": "Biker"}.get)
    ('Biker', 'KCF_GaussHog')
    """
    whole = stem(file)
    sequence = find(whole)
    if sequence is None and file.rpartition(".")[2].lower() in _NAMES_TRACKERS:
        parts = ((find(name), tracker) for name, tracker in _halves(whole))
        return next(((found, tracker) for found, tracker in parts if found is not None), (None, ""))
    return sequence, ""


def _halves(whole: str) -> Iterator[tuple[str, str]]:
    """Sequence and tracker, the longest sequence first: ``car1_1_KCF`` is of car1_1, ``KCF_car1`` of car1."""
    words = whole.split("_")
    for count in range(len(words) - 1, 0, -1):
        yield "_".join(words[:count]), "_".join(words[count:])
        yield "_".join(words[-count:]), "_".join(words[:-count])


def _joined(folders: str, own: str) -> str:
    """The tracker that the folders name and the one that the file names; once, where they are the same."""
    parts = [part for part in (folders, own) if part]
    return folders if plain(folders.rpartition("/")[2]) == plain(own) else "/".join(parts)


def is_no_result_folder(folders: Iterable[str]) -> bool:
    """One of the folders is called as those of times, failures, and of other runs than those of one pass."""
    names = [plain(folder) for folder in folders]
    return any(name in _NO_RESULTS or name.startswith(_OTHER_RUNS) for name in names)


def without_classes(places: Mapping[str, Place]) -> dict[str, str]:
    """Paths without the folders that are called after the class of all their sequences, where they have such.

    >>> place = Place("SiamX/bear", "bear-17", None, "")
    >>> without_classes({"SiamX/bear/bear-17/bear-17.txt": place})
    {'SiamX/bear/bear-17/bear-17.txt': 'SiamX/bear-17/bear-17.txt'}
    """
    classes = {
        place.sequence: match[1].lower() for place in places.values() if (match := _CLASS.fullmatch(place.sequence))
    }
    names = frozenset(classes.values())
    below: dict[str, set[str]] = defaultdict(set)
    for path, place in places.items():
        for folder in _folders_above(path):
            if folder.rpartition("/")[2].lower() in names:
                below[folder].add(place.sequence)
    own = {
        folder
        for folder, sequences in below.items()
        if all(classes.get(name) == folder.rpartition("/")[2].lower() for name in sequences)
    }
    shortened = {}
    for path in places if own else ():
        gone = [folder.count("/") for folder in _folders_above(path) if folder in own]
        if gone:
            shortened[path] = "/".join(part for index, part in enumerate(path.split("/")) if index not in gone)
    return shortened


def _folders_above(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]


def keep_apart(places: Mapping[str, Place], locate_whole: Callable[[str], Place | None]) -> dict[str, Place]:
    """The places, by whole names, of trackers whose folders are called ``results`` or ``raw`` beside other trackers'.

    Args:
        places: by path, as :func:`locate` finds them.
        locate_whole: the same with ``whole_names``.
    """
    generic = (path for path in places if any(plain(folder) in _GENERIC for folder in path.split("/")[:-1]))
    whole = {path: place for path in generic if (place := locate_whole(path)) is not None}
    names = {(place.tracker, whole.get(path, place).tracker) for path, place in places.items()}
    mixed = {
        long
        for short, long in names
        if any(long != other and (not short or f"{name}/".startswith(f"{short}/")) for name, other in names)
    }
    return {path: place for path, place in whole.items() if place.tracker in mixed}


def is_experiment(folder: str, benchmark: str) -> bool:
    """The folder, in a tracker's own, is called as the benchmark's toolkit calls its experiment."""
    return benchmark in BENCHMARKS and plain(folder) == BENCHMARKS[benchmark].experiment_folder


def tracker_name(folders: list[str], benchmark: str, generic: frozenset[str] = _GENERIC) -> str:
    """The tracker that a chain of folders names: all but those of benchmarks and of no meaning.

    >>> tracker_name(["results", "OTB100", "SiamFC"], "otb100"), tracker_name(["opencv%3Acsrt", "otb100"], "otb100")
    ('SiamFC', 'opencv:csrt')
    """
    own = names_of(benchmark)
    said = [folder for folder in folders if plain(folder) not in own and plain(folder) not in generic]
    kept = [folder for folder in said if not generic or not plain(folder).startswith(_OPE)]
    return "/".join(spec_of_folder(folder.removesuffix("_tracking_result")) for folder in kept)


@cache
def names_of(benchmark: str) -> frozenset[str]:
    """Folder names that mean this benchmark, in lower-case letters and digits."""
    folders = BENCHMARKS[benchmark].folders if benchmark in BENCHMARKS else ()
    return frozenset({plain(benchmark), *folders})


def likely_benchmark(stems: list[str], find: Mapping[str, Callable[[str], str | None]]) -> str | None:
    """The benchmark, of those in ``find``, that has most of these sequence names; None if none has one."""
    hits = {name: sum(look_up(stem) is not None for stem in stems) for name, look_up in find.items()}
    best = max(hits, key=lambda name: hits[name], default=None)
    return best if best is not None and hits[best] else None


def benchmark_named(folders: Iterable[str], benchmark: str) -> str | None:
    """Another benchmark that one of these folders is called after."""
    foreign, names = _foreign_names(benchmark), tuple(folders)
    varied = (name for name in names if MARK in name and name != benchmark and name in BENCHMARKS)
    return next((foreign[name] for name in map(plain, names) if name in foreign), None) or next(varied, None)


@cache
def _foreign_names(benchmark: str) -> Mapping[str, str]:
    own = names_of(benchmark)
    foreign = (kind for kind in all_benchmarks() if kind.name != benchmark)
    others = [kind.name for kind in foreign if kind.published or _akin(kind, benchmark)]
    own_kind = BENCHMARKS.get(benchmark)
    if own_kind is not None and issubclass(own_kind, Varied):
        others.insert(0, own_kind.base.name)  # though it be of a name that elsewhere means nothing
    others.reverse()  # of two with one folder's name the first is meant
    return {name: other for other in others for name in names_of(other) - own}


def _akin(kind: type[Benchmark], benchmark: str) -> bool:
    """One of the two is a kind of the other, so that results on both may well lie in one tree."""
    own = BENCHMARKS.get(benchmark)
    return own is not None and (issubclass(kind, own) or issubclass(own, kind))


Located = tuple[Place, str]
"""What a file is, and its path in the tree."""


def own_results(benchmark: str, located: Iterable[Located]) -> list[Located]:
    """One tracker's files without those that only look like results on this benchmark.

    Where some lie in a folder of the benchmark's name, the others are of another benchmark. So is a file that bears
    exactly the name of another benchmark's sequence, if a second file claims the same sequence here, or if any file
    has this benchmark's prefix. Of several for one sequence all others stay: it is for the caller to refuse them.
    """
    everything = list(located)
    nearest = [item for item in everything if item[0].in_own_folder] or everything
    prefixed = any(has_prefix(BENCHMARKS[benchmark], stem(path)) for _, path in nearest)
    same: dict[tuple[str, int | None], list[Located]] = defaultdict(list)
    for item in nearest:
        same[item[0].sequence, item[0].repetition].append(item)
    kept = []
    for items in same.values():
        doubtful = prefixed or len(items) > 1
        own = [item for item in items if not _is_anothers(benchmark, *item)] if doubtful else items
        kept += own if own or prefixed else items
    return kept


def _is_anothers(benchmark: str, place: Place, path: str) -> bool:
    """The file's name is not this benchmark's own for the sequence, but exactly another's for one of its own."""
    name = stem(path)
    if name == place.sequence:
        return False
    return any(own_name(kind, name) == name for kind in all_benchmarks() if kind.name != benchmark)
