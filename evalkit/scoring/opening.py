"""Results and the annotation that they are held against: how everything that scores finds and reads them."""

from __future__ import annotations

import os
from collections.abc import Container, Iterable, Iterator, Mapping
from collections.abc import Sequence as Many
from dataclasses import fields, replace
from pathlib import Path

import numpy as np

from evalkit.benchmarks.base import Benchmark, BenchmarkSpec
from evalkit.benchmarks.data_root import DATA_VARIABLE, data_root
from evalkit.benchmarks.installed import BENCHMARKS
from evalkit.benchmarks.inventory import Inventory, without
from evalkit.benchmarks.registry import canonical_specs, open_benchmark, parse_spec
from evalkit.benchmarks.variations import MARK
from evalkit.benchmarks.varied import SEED, Varied
from evalkit.errors import InputError
from evalkit.reading.text import is_there
from evalkit.results.given import FORM, Given, given_results
from evalkit.results.manifest import recorded_benchmark
from evalkit.results.store import Run, list_runs
from evalkit.results.tracker_results import TrackerResults, without_sequences
from evalkit.results.trees import own_form, read_tree
from evalkit.scoring.digests import digest_of
from evalkit.scoring.protocols import AnyRules
from evalkit.scoring.rules import Rules
from evalkit.sequences.sequence import Sequence
from evalkit.suggestions import as_names, nearest, some

# All of a sequence but what it has for trackers and for messages alone.
_SCORED = tuple(item.name for item in fields(Sequence) if item.name not in ("frames", "source", "start", "adversary"))


class Annotation:
    """A benchmark's ground truth: each sequence is read once, however many trackers and protocols are scored."""

    def __init__(self, benchmark: Benchmark, exclude: Iterable[str] = ()) -> None:
        """The ground truth of a benchmark, without the sequences whose names match any of the patterns ``exclude``."""
        self.benchmark = benchmark
        self.inventory: Inventory = without(benchmark.inventory(), exclude, benchmark.clip_of)
        self._loaded: dict[str, Sequence] = {}
        self._digests: dict[str, bytes] = {}

    def digest(self, names: Iterable[str]) -> bytes:
        """SHA-256 of everything here that scores of these sequences can depend on; no path and no image is part of it.

        Raises:
            InputError: see :meth:`sequence`.
        """
        benchmark, inventory, scored = self.benchmark, self.inventory, tuple(names)
        listed = (inventory.present, inventory.missing, inventory.verified)
        clips = tuple(map(benchmark.clip_of, scored))
        facts = (benchmark.name, benchmark.key, benchmark.options, benchmark.shortcoming(), *listed, clips)
        return digest_of(*facts, *map(self._digest_of, scored))

    @property
    def family(self) -> str:
        """The family of rules, see :mod:`evalkit.scoring.protocols`."""
        return self.benchmark.family

    def sequence(self, name: str) -> Sequence:
        """One sequence.

        Raises:
            InputError: with file and row, or because its ground truth is on an evaluation server alone.
        """
        if name not in self._loaded:
            sequence = self.benchmark.sequence(name)
            if self.benchmark.submission is not None and not np.isfinite(sequence.native[1:]).any():
                raise InputError(
                    f"holds the first frame's box alone: {self.benchmark.title} keeps the ground truth of its test set",
                    path=sequence.source,
                    hint=f"`stdtrack pack {self.benchmark.name}` writes what its server takes",
                )
            self._loaded[name] = sequence
        return self._loaded[name]

    def _digest_of(self, name: str) -> bytes:
        if name not in self._digests:
            sequence = self.sequence(name)
            self._digests[name] = digest_of(*(getattr(sequence, field) for field in _SCORED))
        return self._digests[name]


def open_all(
    results: Path | Given,
    on: str | Iterable[str],
    data: str | Path | None,
    annotations: str | Path | None,
    exclude: str | Iterable[str] = (),
) -> Iterator[Annotation]:
    """The ground truth of each benchmark in turn.

    Raises:
        InputError: see :func:`open_annotation`; no benchmark is named, or one with several options.
    """
    specs = chosen_benchmarks(as_names(on))
    if not specs:
        raise InputError("no benchmark is named", hint=f"of {', '.join(BENCHMARKS)}")
    for spec in specs:
        folder = results if isinstance(results, Path) else None
        yield open_annotation(folder, spec, as_path(data), as_path(annotations), as_names(exclude))


def as_source(results: str | Path | Given) -> Path | Given:
    """A path, or boxes in memory; raises InputError for anything else, and for boxes by sequence alone."""
    if isinstance(results, Mapping):
        for tracker, boxes in results.items():
            if not (isinstance(tracker, str) and isinstance(boxes, Mapping)):
                raise InputError(f"'{tracker}' holds no boxes by sequence", hint=f"boxes in memory are {FORM}")
        return results
    return as_folder(results, f", or {FORM}")


def as_folder(results: str | Path | Given, more: str = "") -> Path:
    """The path of a folder or an archive; raises InputError for what is none, such as an array.

    Args:
        more: what else they may be, or where they must be that, for the message.
    """
    if isinstance(results, str | os.PathLike):
        return Path(results)
    raise InputError(f"results are the path of a folder or an archive{more}, not {type(results).__name__}")


def as_path(path: str | Path | None) -> Path | None:
    """A path, or None."""
    return None if path is None else Path(path)


def open_annotation(
    results: Path | None, text: str, data: Path | None, annotations: Path | None, exclude: Many[str] = ()
) -> Annotation:
    """The benchmark's ground truth: where the caller says, else STDTRACK_DATA, else where the run was made.

    Args:
        results: where they lie, None for boxes in memory.
        text: the benchmark's name with options.
        exclude: shell patterns of sequences that are left out.

    Raises:
        InputError: there are no results, or the benchmark is not found.
    """
    if results is not None:
        require_results(results)
    if data is None and (named := os.environ.get(DATA_VARIABLE)):
        data = Path(named)
    if data is None and annotations is None:
        recorded = None if results is None else recorded_benchmark(results, text)
        text, data = recorded if recorded is not None else (text, data_root())
    if results is not None:
        text = _with_recorded_seed(results, text)
    return Annotation(open_benchmark(text, data=data, annotations=annotations), exclude)


def _with_recorded_seed(results: Path, text: str) -> str:
    """A variation that is asked for without a seed, with the one that all runs on it were drawn with, if it is one."""
    spec = parse_spec(text)
    if MARK not in spec.name or SEED in spec.options:
        return text
    manifests = (run.manifest for run in runs_by_pair(results).values() if run.benchmark == spec.name)
    seeds = {manifest.benchmark.get("options", {}).get(SEED) for manifest in manifests if manifest is not None}
    seed = next(iter(seeds)) if len(seeds) == 1 else None
    return text if seed is None else str(BenchmarkSpec(spec.name, {**spec.options, SEED: seed}))


def chosen_benchmarks(texts: Many[str]) -> tuple[str, ...]:
    """Benchmarks by their own names, each once; raises InputError for one that is asked for with several options."""
    specs = canonical_specs(texts)
    for spec in specs:
        name = parse_spec(spec).name
        alike = [other for other in specs if parse_spec(other).name == name]
        if len(alike) > 1:  # whose figures would all be called by the one name
            raise InputError(f"{name} is asked for twice: {' and '.join(alike)}", hint="one at a time")
    return specs


def require_results(results: Path) -> None:
    """Say first of all that there are no results, before anything that is looked for on their account."""
    if not is_there(results):
        raise InputError("there is no such folder of results", path=results, hint="what did `stdtrack run --out` name?")


def read_results(results: Path | Given, annotation: Annotation) -> tuple[tuple[TrackerResults, ...], tuple[str, ...]]:
    """The trackers that have results, and what there is to know of the benchmark and of the tree."""
    benchmark, inventory = annotation.benchmark, annotation.inventory
    annotation.sequence(inventory.present[0])  # ground truth that is on a server alone is told before anything else
    names = (*inventory.present, *inventory.missing, *inventory.excluded)
    if isinstance(results, Path):
        found = read_tree(results, benchmark.name, names, own_form(benchmark))
    else:
        found = given_results(results, benchmark.name, names, lambda name: annotation.sequence(name).origin)
    trackers = tuple(_of_one_seed(tracker, benchmark) for tracker in found)
    strays = dict.fromkeys(tracker.strays for tracker in trackers if tracker.strays)
    return tuple(without_sequences(tracker, inventory.excluded) for tracker in trackers), (*inventory.notes, *strays)


def _of_one_seed(tracker: TrackerResults, benchmark: Benchmark) -> TrackerResults:
    """The results, with a fault where they are of a variation drawn with another seed: its ground truth moves."""
    seed = benchmark.options.get(SEED, "0")
    run_with = seed if tracker.options is None else tracker.options.get(SEED, "0")
    if seed == run_with or tracker.fault is not None or not isinstance(benchmark, Varied):
        return tracker
    hint = f"--on '{BenchmarkSpec(benchmark.name, {**benchmark.options, SEED: run_with})}'"
    return replace(tracker, fault=InputError(f"was run with {SEED}={run_with}, not {seed}", hint=hint))


def scored_sequences(have: Container[str], annotation: Annotation, rules: AnyRules) -> tuple[str, ...]:
    """Sequences that a score averages over, in official order.

    Args:
        have: sequences with a result.
    """
    every = isinstance(rules, Rules) and rules.missing_is_zero
    return tuple(name for name in annotation.inventory.present if every or name in have)


def missing_sequences(have: Container[str], annotation: Annotation) -> tuple[str, ...]:
    """Sequences of the benchmark without a result, or without an annotation to score it on; in official order.

    Args:
        have: sequences with a result.
    """
    without = tuple(name for name in annotation.inventory.present if name not in have)
    return without + annotation.inventory.missing


def odd_annotations(annotation: Annotation, names: Iterable[str]) -> tuple[str, ...]:
    """A warning where sequences have other lengths than the official list says: it may be another benchmark's data."""
    odd = []
    for name in names:
        have, wanted = len(annotation.sequence(name)), annotation.benchmark.official_length(name)
        if wanted not in (None, have):
            odd.append(f"{name} has {have} rows, {wanted} in the official list")
    more = f", and {len(odd) - 1} more of another length" if len(odd) > 1 else ""
    return (f"WARNING: the annotation of {odd[0]}{more}",) if odd else ()


def require_excluded(exclude: Many[str], annotations: Many[Annotation]) -> None:
    """Every pattern of ``--exclude`` has left out something, or it was mistyped."""
    for glob in exclude:
        if not any(each.benchmark.names_like(each.inventory.excluded, (glob,)) for each in annotations):
            names = some([annotation.benchmark.name for annotation in annotations])
            near = nearest(glob, [name for annotation in annotations for name in annotation.inventory.present])
            hint = f"did you mean '{near}'?" if near else "--exclude takes shell patterns"
            raise InputError(f"no sequence of {names} is named like '{glob}'", hint=hint)


def runs_by_pair(results: Path) -> Mapping[tuple[str, str], Run]:
    """Our own runs by tracker and benchmark, without those whose ``run.json`` is broken; empty for an archive."""
    runs = list_runs(results, skip_broken=True) if results.is_dir() else ()
    return {(run.tracker, run.benchmark): run for run in runs}


def benchmarks_present(results: Path) -> tuple[str, ...]:
    """Benchmarks that our own runs have results on, sorted.

    Raises:
        InputError: there is no such folder, or it has none, as other people's trees, whose benchmark only the user
            knows.
    """
    require_results(results)
    names = {benchmark for _, benchmark in runs_by_pair(results) if benchmark in BENCHMARKS}
    if not names:
        raise InputError("no folders RUNS/<tracker>/<benchmark> in it", path=results, hint="name them: --on BENCHMARK")
    return tuple(sorted(names))
