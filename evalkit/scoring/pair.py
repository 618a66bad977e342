"""Two scores of one benchmark held against each other, clip by clip: difference, interval, test, verdict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from evalkit.errors import InputError
from evalkit.scoring.metrics import ranking_metric
from evalkit.shown import one_line

if TYPE_CHECKING:
    from evalkit.scoring.naming import Named
    from evalkit.scoring.scores import BenchmarkScore
    from evalkit.scoring.statistics import PairedComparison


@dataclass(frozen=True)
class Pair:
    """Two trackers on one benchmark under one protocol.

    Attributes:
        metric: the figure that is compared.
        means: of both trackers over their common sequences, fractions.
        sequences: how many these are.
        only_one: how many sequences only one of them has.
        total: how many the benchmark has.
        result: difference, interval and test, over clips where several sequences are runs on one.
        differences: first minus second, by sequence, or by clip.
    """

    benchmark: str
    protocol: str
    metric: str
    first: str
    second: str
    means: tuple[float, float]
    sequences: int
    only_one: int
    total: int
    result: PairedComparison
    differences: Mapping[str, float]

    @property
    def verdict(self) -> str:
        """Which tracker is better, or that no difference can be claimed."""
        if not self.result.claimed:
            return "no difference can be claimed"
        better = self.first if self.result.difference > 0 else self.second
        return f"{better} is better"

    def named(self, named: Named) -> Pair:
        """The same under labels, the other way round where the second tracker is to stand first."""
        first, second = named.label(self.first), named.label(self.second)
        renamed = replace(self, first=first, second=second)
        return renamed if named.legend([first, second])[0] == first else _turned(renamed)

    def __str__(self) -> str:
        """A few lines for people: means, difference with interval, p-value, extremes, verdict."""
        return _describe(self)


def pair_up(first: BenchmarkScore, second: BenchmarkScore) -> Pair:
    """Compare two scores of one benchmark and protocol on their common sequences, clip by clip.

    Raises:
        InputError: they have no figure or no sequence in common.
    """
    import numpy as np

    from evalkit.benchmarks.installed import clips_of
    from evalkit.scoring.aggregation import pooled
    from evalkit.scoring.statistics import compare_paired

    metric = ranking_metric(_figures(first) & _figures(second), first.benchmark)
    if metric is None:
        raise InputError(f"{first.benchmark} has no figure by sequence under the protocol {first.protocol}")
    values = [
        {sequence.sequence: sequence.metrics[metric] for sequence in score.sequences} for score in (first, second)
    ]
    both = (name for name in values[0] if name in values[1])
    common = [name for name in both if np.isfinite([values[0][name], values[1][name]]).all()]
    if not common:
        raise InputError(f"{first.tracker} and {second.tracker} share no sequence of {first.benchmark}")
    clips = clips_of(first.benchmark, common)
    frames = {sequence.sequence: float(sequence.frames) for sequence in first.sequences}
    by_run = np.array([[table[name] for table in values] for name in common])
    ours, theirs = pooled(by_run, clips, np.array([frames[name] for name in common]))[0].T
    return Pair(
        benchmark=first.benchmark,
        protocol=first.protocol,
        metric=metric,
        first=first.tracker,
        second=second.tracker,
        means=(float(ours.mean()), float(theirs.mean())),
        sequences=len(common),
        only_one=len(values[0].keys() ^ values[1].keys()),
        total=first.sequences_total,
        result=compare_paired(ours, theirs),
        differences=dict(zip(dict.fromkeys(clips), (ours - theirs).tolist(), strict=True)),
    )


def _turned(pair: Pair) -> Pair:
    return replace(
        pair,
        first=pair.second,
        second=pair.first,
        means=(pair.means[1], pair.means[0]),
        result=pair.result.turned(),
        differences={name: 0.0 - value for name, value in pair.differences.items()},
    )


def _figures(score: BenchmarkScore) -> set[str]:
    """Names of the figures that a score and every sequence of it have."""
    names = {name for name, value in score.metrics.items() if value is not None}
    return names.intersection(*(sequence.metrics for sequence in score.sequences))


def _describe(pair: Pair) -> str:
    shown = {one_line(sequence): value for sequence, value in pair.differences.items()}
    pair = replace(pair, first=one_line(pair.first), second=one_line(pair.second), differences=shown)
    result = pair.result
    part = f"{pair.sequences} of {pair.total} sequences"
    part += f" on {result.sequences} clips" if result.sequences < pair.sequences else ""
    part += f", {pair.only_one} left out" if pair.only_one else ""
    ordered = sorted(pair.differences.items(), key=lambda item: item[1])
    gained = _changes(item for item in reversed(ordered[-3:]) if item[1] > 0)
    lost = _changes(item for item in ordered[:3] if item[1] < 0)
    return "\n".join(
        [
            f"{pair.benchmark} ({part}), protocol {pair.protocol}, {pair.metric}",
            f"  {pair.first}: {pair.means[0]:.4f}   {pair.second}: {pair.means[1]:.4f}",
            f"  difference {result.difference:+.4f}, {_certainty(result)}",
            f"  gained {result.gained}: {gained}",
            f"  lost {result.lost}: {lost}",
            f"  {pair.verdict}",
        ]
    )


def _changes(items: Iterable[tuple[str, float]]) -> str:
    return ", ".join(f"{name} {value:+.3f}" for name, value in items) or "none"


def _certainty(result: PairedComparison) -> str:
    if result.sequences < 2:
        return "no interval and no test: one sequence alone"
    interval = f"{100 * result.level:.0f} % interval [{result.low:+.4f}, {result.high:+.4f}]"
    return f"{interval}, Wilcoxon p = {result.p_value:.3g}"
