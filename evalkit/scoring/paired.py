"""Is one tracker better than another? Two trackers on the sequences that both have results on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.errors import InputError
from evalkit.scoring.front import evaluate_told, use_cache
from evalkit.scoring.metrics import ranking_metric
from evalkit.scoring.naming import Named, Naming, as_naming, settle
from evalkit.shown import one_line
from evalkit.suggestions import as_names, suggestion

if TYPE_CHECKING:
    import pandas as pd

    from evalkit.scoring.evaluate import Caveat, Tell, Told
    from evalkit.scoring.opening import Annotation
    from evalkit.scoring.scores import BenchmarkScore
    from evalkit.scoring.statistics import PairedComparison

_NAMED = 5  # trackers, where one was mistyped


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

    def __str__(self) -> str:
        """A few lines for people: means, difference with interval, p-value, extremes, verdict."""
        return _describe(self)


@dataclass(frozen=True)
class Paired:
    """What a comparison came to: iterating gives a :class:`Pair` for each benchmark and protocol.

    Attributes:
        caveats: what to know about the figures.
    """

    pairs: tuple[Pair, ...]
    caveats: tuple[Caveat, ...] = ()

    def __iter__(self) -> Iterator[Pair]:
        return iter(self.pairs)

    def __len__(self) -> int:
        return len(self.pairs)

    def table(self) -> pd.DataFrame:
        """A row for each pair and sequence: ``benchmark, protocol, metric, first, second, sequence, difference``."""
        import pandas as pd

        columns = ["benchmark", "protocol", "metric", "first", "second", "sequence", "difference"]
        rows = [
            (pair.benchmark, pair.protocol, pair.metric, pair.first, pair.second, sequence, difference)
            for pair in self.pairs
            for sequence, difference in pair.differences.items()
        ]
        return pd.DataFrame(rows, columns=columns)

    def named(
        self,
        labels: Mapping[str, str] | Naming | None = None,
        *,
        order: str | Iterable[str] = (),
        highlight: str | Iterable[str] = (),
    ) -> Paired:
        """The same comparison with trackers called by labels; ``order`` and ``highlight`` say which of two comes first.

        Raises:
            InputError: a tracker is none of the two, or both would be called alike.
        """
        trackers = dict.fromkeys(name for pair in self.pairs for name in (pair.first, pair.second))
        named = settle(as_naming(labels, order, highlight), trackers)
        return replace(self, pairs=tuple(_named(pair, named) for pair in self.pairs))

    def __str__(self) -> str:
        return "\n".join(map(str, (*self.pairs, *self.caveats)))


def compare(
    results: str | Path,
    first: str,
    second: str,
    *,
    on: str | Iterable[str] = (),
    data: str | Path | None = None,
    annotations: str | Path | None = None,
    protocols: str | Iterable[str] = (),
    cache: bool = True,
    tell: Tell | None = None,
) -> Paired:
    """Compare two trackers on the sequences that both have results on.

    Paired bootstrap over sequences and Wilcoxon's signed-rank test; a difference is claimed only if both agree.

    Args:
        results: as :func:`evalkit.score` takes them.
        first, second: names of the trackers.
        on: benchmarks; all that both have run on if empty.
        data, annotations, protocols, cache, tell: as :func:`evalkit.score` takes them.

    Raises:
        InputError: no results of one of them, or results that cannot be scored.

    Example:
        >>> pair, = compare("results", "mine", "theirs", on="folder", data="clips")
        >>> pair.metric, round(pair.result.difference, 4), pair.verdict
        ('auc', 0.0714, 'no difference can be claimed')
    """
    from evalkit.scoring.evaluate import Told
    from evalkit.scoring.opening import as_path, benchmarks_present, chosen_benchmarks, open_annotation

    told = Told(tell)
    cached = use_cache(cache, told)
    named = chosen_benchmarks(as_names(on))
    pairs: list[Pair] = []
    for benchmark in named or benchmarks_present(Path(results)):
        annotation = open_annotation(Path(results), benchmark, as_path(data), as_path(annotations))
        pairs += _compare_on(
            *(Path(results), annotation, benchmark, (first, second), as_names(protocols), told),
            named=bool(named), cached=cached,
        )  # fmt: skip
    if not pairs:
        raise InputError(f"no benchmark has results of both '{first}' and '{second}'", path=results)
    return Paired(tuple(pairs), tuple(told.caveats))


def _compare_on(
    results: Path,
    annotation: Annotation,
    benchmark: str,
    names: tuple[str, str],
    protocols: tuple[str, ...],
    told: Told,
    *,
    named: bool,
    cached: bool,
) -> list[Pair]:
    """Both trackers on one benchmark; nothing where one has no results and the benchmark was not asked for."""
    from evalkit.scoring.opening import read_results

    there, notes = read_results(results, annotation)
    told.add(annotation.benchmark.name, notes)
    trackers = {tracker.tracker: tracker for tracker in there}
    absent = [name for name in names if name not in trackers]
    if absent and not named:
        return []
    if absent:
        problem = f"no results of '{absent[0]}' on {benchmark}"
        raise InputError(problem, path=results, hint=suggestion(absent[0], trackers, shown=_NAMED))
    chosen = [trackers[name] for name in names]
    evaluated, refused = evaluate_told(chosen, annotation, protocols, told, cached=cached)
    for tracker in refused:
        raise InputError(f"{tracker.tracker} cannot be scored on {tracker.benchmark}: {tracker.error}")
    first, second = ({score.protocol: score for score in tracker.scores} for tracker in evaluated)
    return [pair_up(first[protocol], second[protocol]) for protocol in first]


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


def _named(pair: Pair, named: Named) -> Pair:
    """A pair under labels, the other way round where the second tracker is to stand first."""
    first, second = named.label(pair.first), named.label(pair.second)
    renamed = replace(pair, first=first, second=second)
    return renamed if named.legend([first, second])[0] == first else _turned(renamed)


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
