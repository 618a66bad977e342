"""``stdtrack compare``: is one tracker better than another, sequence by sequence?"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit.errors import InputError
from evalkit.shown import one_line
from evalkit.suggestions import suggestion
from stdtrack.cli.options import Word, comma_list, data_options, no_cache_option, protocol_option
from stdtrack.cli.results import chosen_benchmarks, open_annotation, read_results, use_cache
from stdtrack.cli.score import score_all

if TYPE_CHECKING:
    from evalkit.scoring.scores import BenchmarkScore
    from evalkit.scoring.statistics import PairedComparison

_NAMED = 5  # trackers, where one was mistyped
# The figure that a benchmark ranks by: the first that both scores have.
DECIDING = ("auc", "ao", "accuracy")


@dataclass(frozen=True)
class Pair:
    """Two trackers on one benchmark under one protocol."""

    benchmark: str
    protocol: str
    metric: str
    first: str
    second: str
    means: tuple[float, float]
    only_one: int
    total: int
    result: PairedComparison
    differences: Mapping[str, float]


@click.command()
@click.argument("results", metavar="RUNS", type=click.Path(path_type=Path))
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@comma_list("--on", "benchmarks", metavar="BENCHMARK[,...]", help="Benchmarks. [default: all that both have run on]")
@data_options
@protocol_option("Rules, as `stdtrack score` takes them. [default: the benchmark's own]")
@no_cache_option
@click.option("--format", "form", type=Word("table", "json"), default="table", show_default=True)
def compare(
    results: Path, first: str, second: str, benchmarks: tuple[str, ...], data: Path | None,
    annotations: Path | None, protocols: tuple[str, ...], no_cache: bool, form: str,
) -> None:  # fmt: skip
    """Compare tracker A with tracker B on the sequences that both have results on.

    Paired bootstrap over sequences and Wilcoxon's signed-rank test; a difference is claimed only if both agree.
    """
    from stdtrack.cli.baseline_records import benchmarks_present

    pairs: list[Pair] = []
    cached = use_cache(no_cache)
    for benchmark in chosen_benchmarks(benchmarks) or benchmarks_present(results):
        annotation = open_annotation(results, benchmark, data, annotations)
        chosen = {each.tracker: each for each in read_results(results, annotation)}
        absent = [name for name in (first, second) if name not in chosen]
        if absent and not benchmarks:
            continue
        if absent:
            problem = f"no results of '{absent[0]}' on {benchmark}"
            raise InputError(problem, path=results, hint=suggestion(absent[0], chosen, shown=_NAMED))
        scores, refused = score_all((chosen[first], chosen[second]), annotation, protocols, cached=cached)
        for each in refused:
            raise InputError(f"{each.tracker} cannot be scored on {each.benchmark}: {each.error}")
        pairs += _pair_up(scores, first, second)
    if not pairs:
        raise InputError(f"no benchmark has results of both '{first}' and '{second}'", path=results)
    if form == "json":
        click.echo(json.dumps([as_object(pair) for pair in pairs], indent=2))
    else:
        for pair in pairs:
            click.echo(describe(pair))


def _pair_up(scores: Sequence[BenchmarkScore], first: str, second: str) -> list[Pair]:
    by_key = {(score.tracker, score.protocol): score for score in scores}
    protocols = dict.fromkeys(score.protocol for score in scores)
    return [pair(by_key[first, protocol], by_key[second, protocol]) for protocol in protocols]


def pair(first: BenchmarkScore, second: BenchmarkScore) -> Pair:
    """Compare two scores of one benchmark and protocol on their common sequences.

    Raises:
        InputError: they have no figure or no sequence in common.
    """
    import numpy as np

    from evalkit.scoring.statistics import compare_paired

    metric = next((m for m in DECIDING if first.metrics.get(m) is not None and second.metrics.get(m) is not None), None)
    if metric is None:
        raise InputError(f"{first.benchmark} has no figure by sequence under the protocol {first.protocol}")
    values = [{each.sequence: each.metrics[metric] for each in score.sequences} for score in (first, second)]
    common = [name for name in values[0] if name in values[1]]
    if not common:
        raise InputError(f"{first.tracker} and {second.tracker} share no sequence of {first.benchmark}")
    ours, theirs = (np.array([table[name] for name in common]) for table in values)
    return Pair(
        benchmark=first.benchmark,
        protocol=first.protocol,
        metric=metric,
        first=first.tracker,
        second=second.tracker,
        means=(float(ours.mean()), float(theirs.mean())),
        only_one=len(values[0].keys() ^ values[1].keys()),
        total=first.sequences_total,
        result=compare_paired(ours, theirs),
        differences=dict(zip(common, (ours - theirs).tolist(), strict=True)),
    )


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
        "sequences_total": pair.total,
        "claimed": pair.result.claimed,
        "sequences_gained": [name for name, value in pair.differences.items() if value > 0],
        "sequences_lost": [name for name, value in pair.differences.items() if value < 0],
    }


def describe(pair: Pair) -> str:
    """A few lines for people: means, difference with interval, p-value, extremes, verdict."""
    shown = {one_line(sequence): value for sequence, value in pair.differences.items()}
    pair = replace(pair, first=one_line(pair.first), second=one_line(pair.second), differences=shown)
    result = pair.result
    part = f"{result.sequences} of {pair.total} sequences" + (f", {pair.only_one} left out" if pair.only_one else "")
    ordered = sorted(pair.differences.items(), key=lambda item: item[1])
    gained = ", ".join(f"{name} {value:+.3f}" for name, value in reversed(ordered[-3:]) if value > 0) or "none"
    lost = ", ".join(f"{name} {value:+.3f}" for name, value in ordered[:3] if value < 0) or "none"
    return "\n".join(
        [
            f"{pair.benchmark} ({part}), protocol {pair.protocol}, {pair.metric}",
            f"  {pair.first}: {pair.means[0]:.4f}   {pair.second}: {pair.means[1]:.4f}",
            f"  difference {result.difference:+.4f}, {_certainty(result)}",
            f"  gained {result.gained}: {gained}",
            f"  lost {result.lost}: {lost}",
            f"  {verdict(pair)}",
        ]
    )


def _certainty(result: PairedComparison) -> str:
    if result.sequences < 2:
        return "no interval and no test: one sequence alone"
    interval = f"{100 * result.level:.0f} % interval [{result.low:+.4f}, {result.high:+.4f}]"
    return f"{interval}, Wilcoxon p = {result.p_value:.3g}"


def verdict(pair: Pair) -> str:
    """Which tracker is better, or that no difference can be claimed."""
    result = pair.result
    if not result.claimed:
        return "no difference can be claimed"
    better = pair.first if result.difference > 0 else pair.second
    return f"{better} is better"
