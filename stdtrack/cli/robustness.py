"""``stdtrack robustness``: what is left of trackers' scores under corruptions, other starts, time limits, attacks."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit.robustness.suites import ALL, SEVERITY, SUITES
from stdtrack.cli.completion import TrackerText
from stdtrack.cli.main import EXIT_SEQUENCES_FAILED
from stdtrack.cli.messages import echo_line, example
from stdtrack.cli.options import (
    benchmark_option,
    comma_list,
    find_own_modules,
    no_cache_option,
    running_options,
    untrained_option,
)
from stdtrack.cli.results import tell
from stdtrack.cli.run import refuse_random_weights, watched

if TYPE_CHECKING:
    from evalkit.robustness.front import Robustness

SEVERITIES = tuple(map(str, range(1, 6)))


@click.command(epilog=example("stdtrack robustness stdtrack:nano --on otb100 --only fog,rain --severity 3 --out runs"))
@click.argument("trackers", nargs=-1, required=True, metavar="TRACKER...", type=TrackerText())
@benchmark_option("Benchmarks, such as otb100.", required=True)
@click.option("--data", type=click.Path(path_type=Path), help="Root of several benchmarks, or of one. [STDTRACK_DATA]")
@click.option("--out", "-o", type=click.Path(path_type=Path), required=True, help="Folder of results.")
@comma_list("--suite", "suites", words=(*SUITES, ALL), metavar="SUITE[,...]",
            help=f"Of {', '.join((*SUITES, ALL))}. [default: {SUITES[0]}]")  # fmt: skip
@comma_list("--only", "variations", metavar="NAME[,...]", help="These variations, such as fog,rain, and no suite.")
@comma_list("--severity", "severities", metavar="N[,...]", help=f"1 to 5. [default: {SEVERITY}]")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="Of what is drawn.")
@running_options
@untrained_option
@no_cache_option
def robustness(
    trackers: tuple[str, ...], data: Path | None, suites: tuple[str, ...], variations: tuple[str, ...],
    severities: tuple[str, ...], out: Path, benchmarks: tuple[str, ...], no_cache: bool, allow_untrained: bool,
    **running: Any,
) -> None:  # fmt: skip
    """Run trackers on benchmarks and their variations, and say what is left of the scores.

    Results on a variation lie in RUNS/<tracker>/otb100+fog@3; score, report, baseline and check take such benchmarks.
    What is finished is not run again.
    """
    find_own_modules(trackers)
    if not allow_untrained:
        refuse_random_weights(trackers)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    from evalkit.robustness.front import robustness as measure

    levels = [_severity(text) for text in severities or (str(SEVERITY),)]
    done: Robustness = watched(
        measure, trackers, on=benchmarks, data=data, out=out, suites=suites, variations=variations,
        severities=levels, tell=tell, cache=not no_cache, **running,
    )  # fmt: skip
    _print(done, out)


def _severity(text: str) -> int:
    if text not in SEVERITIES:
        raise click.BadParameter(f"'{text}' is no severity: 1 to 5", param_hint="'--severity'")
    return int(text)


def _print(done: Robustness, out: Path) -> None:
    """Both tables, and what failed; exits 3 when sequences failed."""
    from rich.console import Console

    from reports.robustness import robustness_table, variation_table
    from reports.terminal import print_table
    from stdtrack.cli.run import tell as tell_run

    console = Console()
    for benchmark in dict.fromkeys(done.table["benchmark"]):
        print_table(variation_table(done.table, benchmark), console)
    print_table(robustness_table(done.overall()), console)
    echo_line(f"stdtrack report {out} --out REPORT draws it")
    tell_run(done.summary, out)
    if done.refused:
        sys.exit(EXIT_SEQUENCES_FAILED)
