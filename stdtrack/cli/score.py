"""``stdtrack score``: results against annotation, by each benchmark's own rules."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalkit.errors import InputError
from stdtrack.cli.options import comma_list, data_options

if TYPE_CHECKING:
    from evalkit.importers.trees import TrackerResults
    from evalkit.scores import BenchmarkScore
    from evalkit.scoring import Annotation

_FORMATS = ("table", "json", "csv", "markdown", "latex")
_PROTOCOLS = ("official", "pytracking", "ostrack", "pysot", "pysot-toolkit", "got10k")
_NAMED = 10


@click.command()
@click.argument("results", type=click.Path(path_type=Path))
@comma_list("--on", "benchmarks", required=True, metavar="BENCHMARK[,...]", help="Benchmarks, such as otb100,lasot.")
@data_options
@comma_list("--protocol", "protocols", metavar="NAME[,...]",
            help=f"Rules: {', '.join(_PROTOCOLS)}. [default: the benchmark's own]")  # fmt: skip
@click.option("--format", "form", type=click.Choice(_FORMATS), default="table", show_default=True)
@click.option("--partial", is_flag=True, help="Score a part of a benchmark; its figures are marked as such.")
@click.option("--out", "-o", type=click.Path(path_type=Path, dir_okay=False), help="Write there, not to stdout.")
def score(
    results: Path, benchmarks: tuple[str, ...], data: Path | None, annotations: Path | None,
    protocols: tuple[str, ...], form: str, partial: bool, out: Path | None,
) -> None:  # fmt: skip
    """Score raw results by each benchmark's own rules, and by those of other toolkits.

    RESULTS is a folder that `stdtrack run` wrote, other people's tree (flat, pytracking, OSTrack, got10k, pysot, VOT),
    or a .zip or .tar.xz of one.
    """
    from evalkit.files import write_atomic
    from evalkit.score_formats import format_scores

    scores: list[BenchmarkScore] = []
    for text in benchmarks:
        annotation = open_annotation(results, text, data, annotations)
        trackers = read_results(results, annotation)
        if not partial:
            refuse_missing(trackers, annotation)
        scores += score_all(trackers, annotation, protocols)
    text = format_scores(scores, form)
    if out is None:
        click.echo(text)
    else:
        write_atomic(out, text + "\n")


def open_annotation(results: Path, text: str, data: Path | None, annotations: Path | None) -> Annotation:
    """The benchmark's ground truth: where the options say, else where the run's record says, else the configured root."""
    from evalkit.benchmarks.registry import open_benchmark
    from evalkit.importers.recorded import recorded_benchmark
    from evalkit.paths import data_root
    from evalkit.scoring import Annotation

    if data is None and annotations is None:
        recorded = recorded_benchmark(results, text)
        text, data = recorded if recorded is not None else (text, data_root())
    return Annotation(open_benchmark(text, data=data, annotations=annotations))


def read_results(results: Path, annotation: Annotation) -> tuple[TrackerResults, ...]:
    """The trackers that have results; says on stderr how they were read."""
    from evalkit.importers.trees import read_tree

    benchmark = annotation.benchmark
    inventory = annotation.inventory
    trackers = read_tree(results, benchmark.name, (*inventory.present, *inventory.missing))
    for note in inventory.notes:
        click.echo(f"{benchmark.name}: {note}", err=True)
    return trackers


def refuse_missing(trackers: tuple[TrackerResults, ...], annotation: Annotation) -> None:
    """Without ``--partial`` a benchmark is scored whole or not at all."""
    from evalkit.scoring import missing_sequences

    lines = []
    for tracker in trackers:
        missing = missing_sequences(tracker, annotation)
        if missing:
            more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
            total = annotation.inventory.total
            lines.append(f"{tracker.tracker} lacks {len(missing)} of {total}: {', '.join(missing[:_NAMED])}{more}")
    if lines:
        problem = f"incomplete results on {annotation.benchmark.name}: " + "; ".join(lines)
        raise InputError(problem, hint="--partial scores what is there")


def score_all(
    trackers: tuple[TrackerResults, ...], annotation: Annotation, protocols: tuple[str, ...]
) -> list[BenchmarkScore]:
    """Every tracker under every protocol; says on stderr how results were read and what looks wrong."""
    from evalkit.protocols import default_protocol
    from evalkit.scoring import load_results, score_tracker

    scores = []
    for tracker in trackers:
        loaded = load_results(tracker)
        say(f"{tracker.tracker} on {annotation.benchmark.name}", loaded.notes)
        for protocol in protocols or (default_protocol(annotation.family),):
            scores.append(score_tracker(loaded, annotation, protocol))
        say(f"{tracker.tracker} on {annotation.benchmark.name}", scores[-1].notes)
    return scores


def say(subject: str, notes: tuple[str, ...]) -> None:
    """Notes for the user, on stderr."""
    for note in notes:
        click.echo(f"{subject}: {note}", err=True)
