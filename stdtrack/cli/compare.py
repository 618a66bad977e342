"""``stdtrack compare``: is one tracker better than another, sequence by sequence?"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stdtrack.cli.bars import late_bar
from stdtrack.cli.messages import example
from stdtrack.cli.naming import naming_of, naming_options, project_of
from stdtrack.cli.options import Word, benchmark_option, data_options, no_cache_option, protocol_option
from stdtrack.cli.results import tell

if TYPE_CHECKING:
    from evalkit.scoring.pair import Pair


@click.command(epilog=example("stdtrack compare runs stdtrack:nano opencv:csrt --on otb100"))
@click.argument("results", metavar="RUNS", type=click.Path(path_type=Path))
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@benchmark_option("Benchmarks. [default: all that both have run on]")
@data_options
@protocol_option("Rules, as `stdtrack score` takes them. [default: the benchmark's own]")
@naming_options
@no_cache_option
@click.option("--format", "form", type=Word("table", "json"), default="table", show_default=True)
def compare(
    results: Path, first: str, second: str, benchmarks: tuple[str, ...], data: Path | None,
    annotations: Path | None, protocols: tuple[str, ...], names: tuple[str, ...], order: tuple[str, ...],
    highlight: tuple[str, ...], config: Path | None, no_cache: bool, form: str,
) -> None:  # fmt: skip
    """Compare tracker A with tracker B on the sequences that both have results on.

    Paired bootstrap over sequences and Wilcoxon's signed-rank test; a difference is claimed only if both agree.
    """
    from evalkit.scoring.paired import compare as compare_results

    naming = naming_of(names, order, highlight, project_of(config))
    with late_bar():
        pairs = compare_results(
            results, *(naming.tracker_of(name, results) for name in (first, second)), on=benchmarks, data=data,
            annotations=annotations, protocols=protocols, cache=not no_cache, tell=tell,
        ).named(naming)  # fmt: skip
    if form == "json":
        click.echo(json.dumps([as_object(pair) for pair in pairs], indent=2))
    else:
        for pair in pairs:
            click.echo(str(pair))


def as_object(pair: Pair) -> dict[str, Any]:
    """What ``--format json`` prints of a pair; NaN becomes null."""
    numbers = {name: None if value != value else value for name, value in asdict(pair.result).items()}
    return {
        "benchmark": pair.benchmark,
        "protocol": pair.protocol,
        "metric": pair.metric,
        "first": pair.first,
        "second": pair.second,
        "mean_first": pair.means[0],
        "mean_second": pair.means[1],
        **numbers,
        "sequences": pair.sequences,
        "sequences_total": pair.total,
        "claimed": pair.result.claimed,
        "sequences_gained": [name for name, value in pair.differences.items() if value > 0],
        "sequences_lost": [name for name, value in pair.differences.items() if value < 0],
    }
