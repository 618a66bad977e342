"""Results and the annotation that they are held against: how every command that scores finds them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalkit.errors import InputError

if TYPE_CHECKING:
    from evalkit.importers.trees import TrackerResults
    from evalkit.scoring import Annotation

_NAMED = 10


def open_annotation(results: Path, text: str, data: Path | None, annotations: Path | None) -> Annotation:
    """The benchmark's ground truth: where the options say, else where the run was made, else the configured root."""
    from evalkit.benchmarks.registry import open_benchmark
    from evalkit.importers.recorded import recorded_benchmark
    from evalkit.paths import data_root
    from evalkit.scoring import Annotation

    require_results(results)
    if data is None and annotations is None:
        recorded = recorded_benchmark(results, text)
        text, data = recorded if recorded is not None else (text, data_root())
    return Annotation(open_benchmark(text, data=data, annotations=annotations))


def chosen_benchmarks(texts: Sequence[str]) -> tuple[str, ...]:
    """Benchmarks by their own names, each once; raises InputError for one that is asked for with several options."""
    from evalkit.benchmarks.registry import canonical_specs, parse_spec

    specs = canonical_specs(texts)
    for spec in specs:
        name = parse_spec(spec).name
        alike = [other for other in specs if parse_spec(other).name == name]
        if len(alike) > 1:  # whose figures would all be called by the one name
            raise InputError(f"{name} is asked for twice: {' and '.join(alike)}", hint="one at a time")
    return specs


def require_results(results: Path) -> None:
    """Say first of all that there are no results, before anything that is looked for on their account."""
    if not results.exists():
        raise InputError("there is no such folder of results", path=results, hint="what did `stdtrack run --out` name?")


def read_results(results: Path, annotation: Annotation) -> tuple[TrackerResults, ...]:
    """The trackers that have results; says on stderr what there is to know of the benchmark."""
    from evalkit.importers.trees import read_tree

    benchmark = annotation.benchmark
    inventory = annotation.inventory
    annotation.sequence(inventory.present[0])  # ground truth that is on a server alone is told before anything else
    trackers = read_tree(results, benchmark.name, (*inventory.present, *inventory.missing))
    say(benchmark.name, inventory.notes)
    return trackers


def refuse_missing(trackers: Sequence[TrackerResults], annotation: Annotation) -> None:
    """Without ``--partial`` a benchmark is scored whole or not at all."""
    from evalkit.scoring import missing_sequences

    lines = []
    for tracker in trackers:
        missing = missing_sequences(tracker, annotation)
        if missing:
            more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
            total = annotation.inventory.total
            line = f"{tracker.tracker} lacks {len(missing)} of {total}: {', '.join(missing[:_NAMED])}{more}"
            if tracker.ambiguous:
                line += f" (several file names contain {', '.join(tracker.ambiguous)})"
            if tracker.left_out:
                line += f" ({tracker.left_out})"
            lines.append(line)
    if lines:
        problem = f"incomplete results on {annotation.benchmark.name}: " + "; ".join(lines)
        likely = next((tracker.likely for tracker in trackers if tracker.likely), None)
        hint = f"most files look like results of {likely}; " if likely else ""
        raise InputError(problem, hint=f"{hint}--partial scores what is there")


def say(subject: str, notes: Sequence[str]) -> None:
    """Notes for the user, on stderr."""
    for note in notes:
        click.echo(f"{subject}: {note}", err=True)
