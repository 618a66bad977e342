"""``stdtrack check``: has a tracker become less accurate, or slower, than its baseline?"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalkit.errors import InputError
from stdtrack.cli.bars import late_bar
from stdtrack.cli.main import EXIT_CHECK_FAILED, EXIT_DONE, EXIT_WRONG_INPUT
from stdtrack.cli.messages import echo_line, example
from stdtrack.cli.options import Word, benchmark_option, data_options, protocol_option
from stdtrack.cli.results import tell

if TYPE_CHECKING:
    from evalkit.regression.checking import Check

EXIT_NOT_COMPARABLE = EXIT_WRONG_INPUT


@click.command(epilog=example("stdtrack check runs --baseline baseline.json --junit check.xml"))
@click.argument("results", metavar="RUNS", type=click.Path(path_type=Path))
@click.option("--baseline", "file", type=click.Path(path_type=Path), required=True, help="File of `stdtrack baseline`.")
@benchmark_option("Benchmarks. [default: all that both sides have]")
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
@click.option("--complete", is_flag=True, help="Not comparable if a tracker of the baseline has no results.")
@click.option("--junit", type=click.Path(path_type=Path, dir_okay=False), help="Write JUnit XML there.")
@click.option("--summary", type=click.Path(path_type=Path, dir_okay=False), help="Write a Markdown summary there.")
@click.option("--format", "form", type=Word("text", "json"), default="text", show_default=True)
def check(
    results: Path, file: Path, benchmarks: tuple[str, ...], data: Path | None, annotations: Path | None,
    protocols: tuple[str, ...], max_drop: float, confidence: float, speed_reference: str | None, max_slowdown: float,
    complete: bool, junit: Path | None, summary: Path | None, form: str,
) -> None:  # fmt: skip
    """Compare the results in RUNS with a baseline, paired over sequences.

    Worse is a mean drop above --max-drop whose one-sided bound lies below zero. Exits 0 for same or better, 1 for
    worse, 2 for not comparable, as is a tracker of the baseline whose results cannot be scored.
    """
    from evalkit.regression.front import check as check_results
    from evalkit.regression.verdicts import Verdict

    with late_bar():
        checked = check_results(
            results, file, on=benchmarks, data=data, annotations=annotations, protocols=protocols, max_drop=max_drop,
            confidence=confidence, speed_reference=speed_reference, max_slowdown=max_slowdown, complete=complete,
            tell=tell,
        )  # fmt: skip
    write_files(checked.check, junit, summary)
    show(checked.check, form)
    exits = {Verdict.WORSE: EXIT_CHECK_FAILED, Verdict.NOT_COMPARABLE: EXIT_NOT_COMPARABLE}
    sys.exit(exits.get(checked.verdict, EXIT_DONE))


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
