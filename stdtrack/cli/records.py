"""From a folder of results to records: what ``baseline`` and ``check`` share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalkit.errors import InputError
from stdtrack.cli.results import open_annotation, read_results, require_results

if TYPE_CHECKING:
    from evalkit.baselines.record import Record
    from evalkit.results import Run


def record_benchmark(
    results: Path,
    benchmark: str,
    data: Path | None,
    annotations: Path | None,
    protocols: Callable[[str, str], tuple[str, ...]],
) -> tuple[Record, ...]:
    """Records of every tracker that has results on a benchmark; says on stderr what is missing.

    Args:
        results: our runs, or other people's tree.
        benchmark: command-line name with options.
        protocols: names of the rules to score by, from tracker and benchmark; none for the benchmark's own.

    Raises:
        InputError: no results, no annotation, or what either is wrong with.
    """
    from evalkit.baselines.from_scores import believable_seconds, record_results
    from evalkit.protocols import default_protocol
    from evalkit.scoring import load_results, missing_sequences
    from evalkit.vot.scoring import holds_supervised

    annotation = open_annotation(results, benchmark, data, annotations)
    runs = runs_by_pair(results)
    records: list[Record] = []
    for found in read_results(results, annotation):
        if holds_supervised(found, annotation.benchmark.name):
            problem = f"{found.tracker} on {benchmark} has results of VOT's supervised experiment"
            raise InputError(problem, path=results, hint="only one-pass results can be compared sequence by sequence")
        missing = missing_sequences(found, annotation)
        if missing:
            total = annotation.inventory.total
            click.echo(f"{found.tracker} on {benchmark}: {total - len(missing)} of {total} sequences", err=True)
        loaded = load_results(found)
        run = runs.get((found.tracker, annotation.benchmark.key))
        seconds = believable_seconds(run) if run else None
        chosen = protocols(found.tracker, annotation.benchmark.key) or (default_protocol(annotation.family),)
        records += [record_results(loaded, annotation, protocol, seconds) for protocol in chosen]
    return tuple(records)


def runs_by_pair(results: Path) -> Mapping[tuple[str, str], Run]:
    """Our own runs by tracker and benchmark; empty for an archive of results."""
    from evalkit.results import list_runs

    return {(run.tracker, run.benchmark): run for run in (list_runs(results) if results.is_dir() else ())}


def benchmarks_present(results: Path) -> tuple[str, ...]:
    """Benchmarks that our own runs have results on, sorted.

    Raises:
        InputError: there is no such folder, or it has none, as other people's trees, whose benchmark only the user
            knows.
    """
    from evalkit.benchmarks.registry import BENCHMARKS

    require_results(results)
    names = {benchmark for _, benchmark in runs_by_pair(results) if benchmark in BENCHMARKS}
    if not names:
        raise InputError("no folders RUNS/<tracker>/<benchmark> in it", path=results, hint="name them: --on BENCHMARK")
    return tuple(sorted(names))
