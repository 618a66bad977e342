"""Is one tracker better than another? Two trackers of a folder, on the sequences that both have results on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.errors import InputError
from evalkit.scoring.front import evaluate_told, use_cache
from evalkit.scoring.naming import Naming, as_naming, settle
from evalkit.scoring.pair import Pair, pair_up
from evalkit.suggestions import as_names, suggestion

if TYPE_CHECKING:
    import pandas as pd

    from evalkit.results.given import Given
    from evalkit.results.tracker_results import TrackerResults
    from evalkit.scoring.evaluate import Caveat, Tell, Told
    from evalkit.scoring.opening import Annotation

_NAMED = 5  # trackers, where one was mistyped


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
        return replace(self, pairs=tuple(pair.named(named) for pair in self.pairs))

    def __str__(self) -> str:
        return "\n".join(map(str, (*self.pairs, *self.caveats)))


def compare(
    results: str | Path | Given,
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
    from evalkit.scoring.opening import (
        as_folder,
        as_path,
        as_source,
        benchmarks_present,
        chosen_benchmarks,
        open_annotation,
        read_results,
    )

    told, source = Told(tell), as_source(results)
    cached = use_cache(cache, told)
    chosen = chosen_benchmarks(as_names(on))
    pairs: list[Pair] = []
    seen: set[str] = set()
    folder = source if isinstance(source, Path) else None
    for benchmark in chosen or benchmarks_present(as_folder(source, " where no benchmark is named")):
        annotation = open_annotation(folder, benchmark, as_path(data), as_path(annotations))
        there, notes = read_results(source, annotation)
        told.add(annotation.benchmark.name, notes)
        seen.update(tracker.tracker for tracker in there)
        both = _both(there, first, second)
        if both:
            pairs += _pairs(both, annotation, as_names(protocols), told, cached)
        elif chosen:
            raise _without_results((first, second), [tracker.tracker for tracker in there], f" on {benchmark}", folder)
    if not pairs:
        raise _without_results((first, second), sorted(seen), "", folder)
    return Paired(tuple(pairs), tuple(told.caveats))


def _both(there: Sequence[TrackerResults], first: str, second: str) -> tuple[TrackerResults, ...]:
    """The two trackers; none where one of them has no results."""
    trackers = {tracker.tracker: tracker for tracker in there}
    return (trackers[first], trackers[second]) if {first, second} <= trackers.keys() else ()


def _pairs(
    both: Sequence[TrackerResults], annotation: Annotation, protocols: tuple[str, ...], told: Told, cached: bool
) -> list[Pair]:
    """Both trackers on one benchmark, under each protocol."""
    evaluated, refused = evaluate_told(both, annotation, protocols, told, cached=cached)
    for tracker in refused:
        raise InputError(f"{tracker.tracker} cannot be scored on {tracker.benchmark}: {tracker.error}")
    first, second = ({score.protocol: score for score in tracker.scores} for tracker in evaluated)
    return [pair_up(first[protocol], second[protocol]) for protocol in first]


def _without_results(names: tuple[str, str], known: Sequence[str], where: str, results: Path | None) -> InputError:
    """Which of two trackers has none and which was meant, or that no benchmark has results of both."""
    absent = next((name for name in names if name not in known), None)
    if absent is None:
        return InputError(f"no benchmark has results of both '{names[0]}' and '{names[1]}'", path=results)
    return InputError(f"no results of '{absent}'{where}", path=results, hint=suggestion(absent, known, shown=_NAMED))
