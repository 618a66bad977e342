"""Results and the annotation that they are held against: how everything that scores finds and reads them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from evalkit.benchmarks.base import Benchmark, BenchmarkSpec
from evalkit.benchmarks.data_root import DATA_VARIABLE, data_root
from evalkit.benchmarks.installed import BENCHMARKS
from evalkit.benchmarks.registry import canonical_specs, open_benchmark, parse_spec
from evalkit.benchmarks.variations import MARK
from evalkit.benchmarks.varied import SEED, Varied
from evalkit.errors import InputError
from evalkit.reading.text import is_there
from evalkit.results.manifest import recorded_benchmark
from evalkit.results.store import Run, list_runs
from evalkit.results.tracker_results import TrackerResults, without_sequences
from evalkit.results.trees import read_tree
from evalkit.scoring.caveats import Told
from evalkit.scoring.evaluate import Refused
from evalkit.scoring.tracker import Annotation, missing_sequences
from evalkit.suggestions import as_names, nearest, some

_NAMED = 10


def open_all(
    results: str | Path,
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
        yield open_annotation(Path(results), spec, as_path(data), as_path(annotations), as_names(exclude))


def as_path(path: str | Path | None) -> Path | None:
    """A path, or None."""
    return None if path is None else Path(path)


def open_annotation(
    results: Path, text: str, data: Path | None, annotations: Path | None, exclude: Sequence[str] = ()
) -> Annotation:
    """The benchmark's ground truth: where the caller says, else STDTRACK_DATA, else where the run was made.

    Args:
        text: the benchmark's name with options.
        exclude: shell patterns of sequences that are left out.

    Raises:
        InputError: there are no results, or the benchmark is not found.
    """
    require_results(results)
    if data is None and (named := os.environ.get(DATA_VARIABLE)):
        data = Path(named)
    if data is None and annotations is None:
        recorded = recorded_benchmark(results, text)
        text, data = recorded if recorded is not None else (text, data_root())
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


def chosen_benchmarks(texts: Sequence[str]) -> tuple[str, ...]:
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


def read_results(results: Path, annotation: Annotation, told: Told) -> tuple[TrackerResults, ...]:
    """The trackers that have results; notes what there is to know of the benchmark and of the tree."""
    benchmark, inventory = annotation.benchmark, annotation.inventory
    annotation.sequence(inventory.present[0])  # ground truth that is on a server alone is told before anything else
    names = (*inventory.present, *inventory.missing, *inventory.excluded)
    trackers = tuple(_of_one_seed(tracker, benchmark) for tracker in read_tree(results, benchmark.name, names))
    told.add(benchmark.name, inventory.notes)
    told.add(benchmark.name, dict.fromkeys(tracker.strays for tracker in trackers if tracker.strays))
    return tuple(without_sequences(tracker, inventory.excluded) for tracker in trackers)


def _of_one_seed(tracker: TrackerResults, benchmark: Benchmark) -> TrackerResults:
    """The results, with a fault where they are of a variation drawn with another seed: its ground truth moves."""
    seed = benchmark.options.get(SEED, "0")
    run_with = seed if tracker.options is None else tracker.options.get(SEED, "0")
    if seed == run_with or tracker.fault is not None or not isinstance(benchmark, Varied):
        return tracker
    hint = f"--on '{BenchmarkSpec(benchmark.name, {**benchmark.options, SEED: run_with})}'"
    return replace(tracker, fault=InputError(f"was run with {SEED}={run_with}, not {seed}", hint=hint))


def require_excluded(exclude: Sequence[str], annotations: Sequence[Annotation]) -> None:
    """Every pattern of ``--exclude`` has left out something, or it was mistyped."""
    for glob in exclude:
        if not any(each.benchmark.names_like(each.inventory.excluded, (glob,)) for each in annotations):
            names = some([annotation.benchmark.name for annotation in annotations])
            near = nearest(glob, [name for annotation in annotations for name in annotation.inventory.present])
            hint = f"did you mean '{near}'?" if near else "--exclude takes shell patterns"
            raise InputError(f"no sequence of {names} is named like '{glob}'", hint=hint)


def refuse_missing(
    trackers: Sequence[TrackerResults], annotation: Annotation
) -> tuple[list[TrackerResults], list[Refused]]:
    """Unless parts are asked for, a tracker's results are scored whole or not at all: those that are whole, the others.

    Raises:
        InputError: none is whole.
    """
    lines = {tracker.tracker: _missing(tracker, annotation) for tracker in trackers if tracker.fault is None}
    incomplete = {name: line for name, line in lines.items() if line}
    whole = [tracker for tracker in trackers if tracker.tracker not in incomplete]
    likely = next((tracker.likely for tracker in trackers if tracker.likely), None)
    hint = f"most files look like results of {likely}; " if likely else ""
    hint += "--partial scores what is there"
    if incomplete and not whole:
        said = some([f"{name} {line}" for name, line in incomplete.items()], separator="; ")
        raise InputError(f"incomplete results on {annotation.benchmark.name}: {said}", hint=hint)
    return whole, [
        Refused(name, annotation.benchmark.name, InputError(line, hint=hint)) for name, line in incomplete.items()
    ]


def _missing(tracker: TrackerResults, annotation: Annotation) -> str:
    """Which sequences the tracker lacks; empty if none."""
    missing = missing_sequences(tracker, annotation)
    if not missing:
        return ""
    line = f"lacks {len(missing)} of {annotation.inventory.total}: {some(missing, _NAMED)}"
    if tracker.ambiguous:
        line += f" (several file names contain {some(tracker.ambiguous)})"
    return line + "".join(f" ({said})" for said in (tracker.left_out, tracker.strays) if said)


def tell_refused(refused: Sequence[Refused], scores: Sequence[object], told: Told) -> None:
    """Pass on the trackers that were left out, each with the reason.

    Args:
        scores: of the others.

    Raises:
        InputError: there are no others; the reason itself, where it is the same for all.
    """
    if not scores and len({str(tracker.error) for tracker in refused}) == 1:
        raise refused[0].error
    told.refuse(refused)
    if not scores and refused:
        reasons = some([str(tracker) for tracker in refused], separator="; ")
        hint = "the lines above say why" if told.listened else reasons
        raise InputError(f"none of {len(refused)} results can be scored", hint=hint)


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
