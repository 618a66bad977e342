"""``stdtrack score``: results against annotation, by each benchmark's own rules."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalkit.errors import InputError
from evalkit.suggestions import some
from stdtrack.cli.options import (
    PROTOCOLS,
    Word,
    comma_list,
    data_options,
    exclude_option,
    no_cache_option,
    protocol_option,
)
from stdtrack.cli.results import (
    chosen_benchmarks,
    exit_if_refused,
    open_annotation,
    read_results,
    refuse_missing,
    require_excluded,
    say,
    tell_refused,
    use_cache,
)

if TYPE_CHECKING:
    import pandas as pd

    from evalkit.results.trees import TrackerResults
    from evalkit.running.process_map import Crew
    from evalkit.scoring.evaluate import Refused
    from evalkit.scoring.scores import BenchmarkScore
    from evalkit.scoring.tracker import Annotation

_FORMATS = ("table", "json", "csv", "markdown", "latex")
_TABLES = (".csv", ".parquet")
_FILE = click.Path(path_type=Path, dir_okay=False)


YOUNG_OBJECTS = 50_000
"""Between two searches for cycles, of which scoring makes none: Python's 700 cost it a tenth of its time."""


@click.command()
@click.argument("results", type=click.Path(path_type=Path))
@comma_list("--on", "benchmarks", required=True, metavar="BENCHMARK[,...]", help="Benchmarks, such as otb100,lasot.")
@data_options
@protocol_option(f"{', '.join(PROTOCOLS)}. [default: the benchmark's own]")
@click.option("--format", "form", type=Word(*_FORMATS), default="table", show_default=True)
@click.option("--partial", is_flag=True, help="Score a part of a benchmark; its figures are marked as such.")
@exclude_option
@click.option("--by", type=Word("attribute"), help="Also score the sequences of each attribute.")
@click.option("--per-sequence", type=_FILE, help="Write every sequence's figures to a .csv or .parquet file.")
@click.option("--per-frame", type=_FILE, help="Write every frame's boxes and overlap to a .csv or .parquet file.")
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True,
              help="Processes; each scores a part of the trackers.")  # fmt: skip
@no_cache_option
@click.option("--out", "-o", type=_FILE, help="Write there instead of to stdout.")
def score(
    results: Path, benchmarks: tuple[str, ...], data: Path | None, annotations: Path | None,
    protocols: tuple[str, ...], form: str, partial: bool, exclude: tuple[str, ...], by: str | None,
    per_sequence: Path | None, per_frame: Path | None, workers: int, no_cache: bool, out: Path | None,
) -> None:  # fmt: skip
    """Score raw results by each benchmark's own rules, and by those of other toolkits.

    RESULTS is a folder that `stdtrack run` wrote, other people's tree (flat, pytracking, OSTrack, got10k, pysot, VOT),
    or a .zip or .tar.xz of one.
    """
    gc.set_threshold(YOUNG_OBJECTS)
    for path in (per_sequence, per_frame):
        if path is not None and path.suffix not in _TABLES:
            raise InputError(f"is neither {' nor '.join(_TABLES)}", path=path)
    scores: list[BenchmarkScore] = []
    shown: list[BenchmarkScore] = []
    reasons: list[str] = []
    refused: list[Refused] = []
    opened: list[Annotation] = []
    with crew_of(workers) as crew:  # before anything heavy is imported: the other processes start meanwhile
        cached = use_cache(no_cache)
        for text in chosen_benchmarks(benchmarks):
            annotation = open_annotation(results, text, data, annotations, exclude)
            opened.append(annotation)
            trackers: Sequence[TrackerResults] = read_results(results, annotation)
            if not partial:
                trackers, incomplete = refuse_missing(trackers, annotation)
                refused += incomplete
            kept = per_frame is not None
            found, unscored = score_all(trackers, annotation, protocols, crew=crew, keep_frames=kept, cached=cached)
            refused += unscored
            scores += found
            for each in found:
                shown += [each, *(attribute_scores(each, annotation) if by else ())]
            if len(protocols) > 1:
                from stdtrack.cli.differences import differences

                good = {each.tracker for each in found}
                reasons += differences([each for each in trackers if each.tracker in good], annotation, found)
    require_excluded(exclude, opened)
    tell_refused(refused, scores)
    if by and len(shown) == len(scores):
        raise InputError(f"no attributes of {', '.join(benchmarks)} are at hand", hint="leave out --by attribute")
    if per_frame:
        refuse_supervised(scores)
    if per_sequence:
        write_table(per_sequence, "score_table", scores)
    if per_frame:
        write_table(per_frame, "frame_table", scores)
    from evalkit.files import write_atomic
    from reports.score_formats import format_scores

    output = format_scores(shown, form)
    if form == "table":
        output = "\n".join([output, "", *reasons] if reasons else [output])
    else:
        say("protocols", reasons)
    if out is None:
        click.echo(output)
    else:
        write_atomic(out, output + "\n")
    exit_if_refused(refused)


def crew_of(workers: int) -> AbstractContextManager[Crew | None]:
    """The processes that share out the trackers; None where this one is enough."""
    if workers == 1:
        return nullcontext()
    from evalkit.running.process_map import Crew

    return Crew(workers - 1, preload=("evalkit.scoring.evaluate",))  # most of the time to a first result


def score_all(
    trackers: Sequence[TrackerResults],
    annotation: Annotation,
    protocols: tuple[str, ...],
    *,
    crew: Crew | None = None,
    keep_frames: bool = False,
    cached: bool = True,
) -> tuple[list[BenchmarkScore], list[Refused]]:
    """Every tracker under every protocol, and the trackers that cannot be scored.

    Says on stderr, once a note, how results were read and what looks wrong.
    """
    from evalkit.scoring.evaluate import Evaluated, Refused, evaluate_all

    outcomes = evaluate_all(trackers, annotation, protocols, crew=crew, keep_frames=keep_frames, cached=cached)
    evaluated = [each for each in outcomes if isinstance(each, Evaluated)]
    concerned: dict[str, list[str]] = {}
    for found in evaluated:
        for note in dict.fromkeys((*found.notes, *(note for each in found.scores for note in each.notes))):
            concerned.setdefault(note, []).append(found.tracker)
    for note, names in concerned.items():
        say(f"{some(names)} on {annotation.benchmark.name}", (note,))
    refused = [each for each in outcomes if isinstance(each, Refused)]
    return [score for found in evaluated for score in found.scores], refused


def attribute_scores(score: BenchmarkScore, annotation: Annotation) -> list[BenchmarkScore]:
    """The score on the sequences of each attribute; none where the benchmark has no attributes."""
    from evalkit.scoring.aggregation import by_attribute
    from evalkit.scoring.protocols import rules_for

    if score.experiment == "supervised":  # measured on all sequences together
        return []
    attributes = annotation.benchmark.attributes
    names = (*(each.sequence for each in score.sequences), *score.missing, *score.excluded)
    by_name = {name: attributes.of(name) for name in names}
    return by_attribute(score, by_name, rules_for(score.protocol, annotation.family), attributes.source)


def refuse_supervised(scores: Sequence[BenchmarkScore]) -> None:
    """A table of frames that lacks a benchmark is not written."""
    supervised = {score.benchmark for score in scores if not any(each.detail for each in score.sequences)}
    if supervised:
        problem = f"supervised results are not measured frame by frame: {', '.join(sorted(supervised))}"
        raise InputError(problem, hint="leave out --per-frame, or these benchmarks")


def write_table(path: Path, kind: str, scores: Sequence[BenchmarkScore]) -> None:
    """Write one of the tables of :mod:`evalkit.scoring.tables` as CSV or Parquet, by the file's suffix."""
    import io

    from evalkit.files import write_atomic
    from evalkit.imports import optional_module
    from evalkit.scoring import tables

    table: pd.DataFrame = getattr(tables, kind)(scores)
    if path.suffix == ".parquet":
        stream = io.BytesIO()
        try:
            optional_module("pyarrow")
            table.to_parquet(stream, index=False)
        except ImportError as error:
            raise InputError("Parquet needs pyarrow", path=path, hint="pip install 'stdtrack[parquet]'") from error
        write_atomic(path, stream.getvalue())
    else:
        write_atomic(path, table.to_csv(index=False))
