"""``stdtrack check``: has a tracker become less accurate, or slower, than its baseline?"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalkit.errors import InputError
from stdtrack.cli.main import EXIT_CHECK_FAILED, EXIT_DONE, EXIT_WRONG_INPUT
from stdtrack.cli.messages import echo_line
from stdtrack.cli.options import Word, comma_list, data_options, protocol_option
from stdtrack.cli.results import chosen_benchmarks, tell_refused

if TYPE_CHECKING:
    from evalkit.regression.checking import Check
    from evalkit.regression.file import Baseline, Record
    from evalkit.scoring.evaluate import Refused

EXIT_NOT_COMPARABLE = EXIT_WRONG_INPUT


@click.command()
@click.argument("results", metavar="RUNS", type=click.Path(path_type=Path))
@click.option("--baseline", "file", type=click.Path(path_type=Path), required=True, help="File of `stdtrack baseline`.")
@comma_list("--on", "benchmarks", metavar="BENCHMARK[,...]", help="Benchmarks. [default: all that both sides have]")
@data_options
@protocol_option("Rules. [default: those of the baseline]")
@click.option("--max-drop", type=click.FloatRange(0, 1), default=0.005, show_default=True,
              help="Mean drop that is tolerated, as a fraction.")  # fmt: skip
@click.option("--confidence", type=click.FloatRange(0.5, 1, max_open=True), default=0.95, show_default=True,
              help="Of the one-sided bound that a drop must also pass.")  # fmt: skip
@click.option("--speed-reference", metavar="TRACKER",
              help="Compare speeds too, as ratios to this tracker's in the same RUNS.")  # fmt: skip
@click.option("--max-slowdown", type=click.FloatRange(0, 1, max_open=True), default=0.15, show_default=True,
              help="Loss of that ratio that is tolerated, as a fraction.")  # fmt: skip
@click.option("--junit", type=click.Path(path_type=Path, dir_okay=False), help="Write JUnit XML there.")
@click.option("--summary", type=click.Path(path_type=Path, dir_okay=False), help="Write a Markdown summary there.")
@click.option("--format", "form", type=Word("text", "json"), default="text", show_default=True)
def check(
    results: Path, file: Path, benchmarks: tuple[str, ...], data: Path | None, annotations: Path | None,
    protocols: tuple[str, ...], max_drop: float, confidence: float, speed_reference: str | None, max_slowdown: float,
    junit: Path | None, summary: Path | None, form: str,
) -> None:  # fmt: skip
    """Compare the results in RUNS with a baseline, paired over sequences.

    Worse is a mean drop above --max-drop whose one-sided bound lies below zero. Exits 0 for same or better, 1 for
    worse, 2 for not comparable, as is a tracker of the baseline whose results cannot be scored.
    """
    from evalkit.regression.checking import Check, check_accuracy, check_speed
    from evalkit.regression.file import read_baseline
    from evalkit.regression.verdicts import Limits, Verdict
    from stdtrack.cli.baseline_records import record_benchmark, runs_by_pair

    known = read_baseline(file)
    limits = Limits(max_drop, confidence, max_slowdown)

    def rules(tracker: str, benchmark: str) -> tuple[str, ...]:
        return protocols or tuple(record.protocol for record in known.select(tracker, benchmark))

    records: list[Record] = []
    refused: list[Refused] = []
    for benchmark in chosen_benchmarks(benchmarks) or shared_benchmarks(results, known):
        found, unscored = record_benchmark(results, benchmark, data, annotations, rules)
        records += found
        refused += unscored
    tell_refused(refused, records)
    done = check_accuracy(known, records, limits)
    if speed_reference is not None:
        manifests = {pair: run.manifest for pair, run in runs_by_pair(results).items()}
        speeds = check_speed(known, records, speed_reference, limits, manifests)
        done = Check(done.comparisons + speeds, done.unchecked)
    write_files(done, junit, summary)
    show(done, form)
    exits = {Verdict.WORSE: EXIT_CHECK_FAILED, Verdict.NOT_COMPARABLE: EXIT_NOT_COMPARABLE}
    unjudged = any(known.select(each.tracker, each.benchmark) for each in refused)
    sys.exit(exits.get(done.verdict, EXIT_NOT_COMPARABLE if unjudged else EXIT_DONE))


def shared_benchmarks(results: Path, baseline: Baseline) -> tuple[str, ...]:
    """Benchmarks of the baseline that RUNS has results on; all of the baseline's for other people's trees."""
    from stdtrack.cli.baseline_records import runs_by_pair

    known = {record.benchmark for record in baseline.records}
    present = {benchmark for _, benchmark in runs_by_pair(results)}
    shared = tuple(sorted(known & present if present else known))
    if not shared:
        hint = (
            f"it has results on {', '.join(sorted(present)) or 'nothing'}, the baseline on {', '.join(sorted(known))}"
        )
        raise InputError("results and baseline share no benchmark", path=results, hint=hint)
    return shared


def write_files(done: Check, junit: Path | None, summary: Path | None) -> None:
    """The files that were asked for; under GitHub Actions the job's summary page too."""
    from evalkit.files import write_atomic
    from evalkit.regression.ci_output import junit_xml, markdown_summary

    if junit is not None:
        write_atomic(junit, junit_xml(done.comparisons))
    page = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary is not None and str(summary) != page:
        write_atomic(summary, markdown_summary(done.comparisons))
    if page:
        try:
            with open(page, "a", encoding="utf-8") as stream:
                stream.write(markdown_summary(done.comparisons))
        except OSError as error:
            raise InputError(f"cannot be written: {error.strerror}", path=page, hint="GITHUB_STEP_SUMMARY") from error


def show(done: Check, form: str) -> None:
    """Verdicts on stdout, what was left out on stderr; under GitHub Actions its annotation lines too."""
    from evalkit.regression.ci_output import as_json, details, github_annotations, sentence
    from evalkit.regression.verdicts import Verdict

    machine = form == "json"
    if machine:
        click.echo(json.dumps(as_json(done.comparisons), indent=1, allow_nan=False))
    else:
        for comparison in done.comparisons:
            more = details(comparison) if comparison.verdict is Verdict.WORSE else ()
            click.echo("\n  ".join((sentence(comparison), *more)))
    for line in done.unchecked:
        echo_line(f"not checked: {line}")
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for line in github_annotations(done.comparisons, done.unchecked):
            click.echo(line, err=machine)  # GitHub reads both streams; JSON must stay alone on its own
