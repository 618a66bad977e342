"""From a folder of results to records: what ``baseline`` and ``check`` share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.errors import InputError
from stdtrack.cli.messages import echo_line
from stdtrack.cli.results import open_annotation, read_results, require_results

if TYPE_CHECKING:
    from evalkit.regression.file import Record
    from evalkit.results.store import Run
    from evalkit.results.trees import TrackerResults
    from evalkit.scoring.evaluate import Refused
    from evalkit.scoring.tracker import Annotation


def record_benchmark(
    results: Path,
    benchmark: str,
    data: Path | None,
    annotations: Path | None,
    protocols: Callable[[str, str], tuple[str, ...]],
) -> tuple[tuple[Record, ...], tuple[Refused, ...]]:
    """Records of every tracker that has results on a benchmark, and the trackers that cannot be scored.

    Says on stderr what is missing.

    Args:
        results: our runs, or other people's tree.
        benchmark: command-line name with options.
        protocols: names of the rules to score by, from tracker and benchmark; none for the benchmark's own.

    Raises:
        InputError: no results, no annotation, or what either is wrong with.
    """
    from evalkit.scoring.evaluate import Refused

    annotation = open_annotation(results, benchmark, data, annotations)
    runs = runs_by_pair(results)
    records: list[Record] = []
    refused: list[Refused] = []
    for found in read_results(results, annotation):
        key = annotation.benchmark.key
        chosen = protocols(found.tracker, key) or (annotation.benchmark.protocol,)
        try:
            records += _records(results, found, annotation, runs.get((found.tracker, key)), chosen)
        except InputError as error:
            refused.append(Refused(found.tracker, key, error))
    return tuple(records), tuple(refused)


def _records(
    root: Path, results: TrackerResults, annotation: Annotation, run: Run | None, protocols: Sequence[str]
) -> list[Record]:
    from evalkit.regression.from_scores import believable_seconds, record_results
    from evalkit.scoring.tracker import load_results, missing_sequences
    from evalkit.scoring.vot.scoring import holds_supervised

    name = annotation.benchmark.name
    if holds_supervised(results, name):
        problem = f"{results.tracker} on {name} has results of VOT's supervised experiment"
        raise InputError(problem, path=root, hint="only one-pass results can be compared sequence by sequence")
    loaded = load_results(results)
    missing = missing_sequences(results, annotation)
    if missing:
        total = annotation.inventory.total
        echo_line(f"{results.tracker} on {name}: {total - len(missing)} of {total} sequences")
    seconds = believable_seconds(run) if run else None
    return [record_results(loaded, annotation, protocol, seconds) for protocol in protocols]


def runs_by_pair(results: Path) -> Mapping[tuple[str, str], Run]:
    """Our own runs by tracker and benchmark, without those whose ``run.json`` is broken; empty for an archive."""
    from evalkit.results.store import list_runs

    runs = list_runs(results, skip_broken=True) if results.is_dir() else ()
    return {(run.tracker, run.benchmark): run for run in runs}


def benchmarks_present(results: Path) -> tuple[str, ...]:
    """Benchmarks that our own runs have results on, sorted.

    Raises:
        InputError: there is no such folder, or it has none, as other people's trees, whose benchmark only the user
            knows.
    """
    from evalkit.benchmarks.installed import BENCHMARKS

    require_results(results)
    names = {benchmark for _, benchmark in runs_by_pair(results) if benchmark in BENCHMARKS}
    if not names:
        raise InputError("no folders RUNS/<tracker>/<benchmark> in it", path=results, hint="name them: --on BENCHMARK")
    return tuple(sorted(names))
