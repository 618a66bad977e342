"""Robustness as one call: run trackers on a benchmark and its variations, score, and say what is left."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from evalkit.benchmarks.data_root import data_root
from evalkit.benchmarks.registry import canonical_specs, open_benchmark, parse_spec
from evalkit.benchmarks.variations import MARK, Variation
from evalkit.errors import InputError
from evalkit.robustness.replaying import replay
from evalkit.robustness.suites import SEVERITY, chosen_suites, levels_of, variations_of, varied_names
from evalkit.running.front import run
from evalkit.running.progress import RunSummary
from evalkit.scoring.front import score
from evalkit.suggestions import as_names
from evalkit.trackers.live import NamedTracker, Source, named_trackers

if TYPE_CHECKING:
    import pandas as pd

    from evalkit.benchmarks.base import Benchmark
    from evalkit.scoring.evaluate import Caveat, Refused, Tell, Told
    from evalkit.scoring.scored import Scores


class _OfTracker(Protocol):
    @property
    def tracker(self) -> str: ...


_Item = TypeVar("_Item", bound=_OfTracker)


@dataclass(frozen=True)
class Robustness:
    """What :func:`robustness` came to.

    Attributes:
        summary: of the runs.
        scores: of these trackers on the sequences that were asked for, on the benchmarks and their variations.
        table: see :func:`evalkit.robustness.degradation.degradation_table`.
        caveats: what to know about the figures.
        refused: trackers that could not be scored on a benchmark, each with the reason.
    """

    summary: RunSummary
    scores: Scores
    table: pd.DataFrame
    caveats: tuple[Caveat, ...] = ()
    refused: tuple[Refused, ...] = ()

    def overall(self) -> pd.DataFrame:
        """A row a tracker: clean, mean under variations, relative drop, worst case."""
        from evalkit.robustness.summary import summary_table

        return summary_table(self.table)


def robustness(
    trackers: Source | Iterable[Source] | Mapping[str, Source],
    *,
    on: str | Iterable[str],
    out: str | Path,
    data: str | Path | None = None,
    suites: str | Iterable[str] = (),
    variations: str | Iterable[str] = (),
    severities: Iterable[int] = (SEVERITY,),
    seed: int = 0,
    tell: Tell | None = None,
    cache: bool = True,
    **running: Any,
) -> Robustness:
    """Run trackers on benchmarks and their variations, and compare the scores; what is finished is not run again.

    Args:
        trackers: as :func:`evalkit.run` takes them.
        on: benchmarks, such as ``otb100``.
        out: folder of results; those on ``otb100+fog@3`` lie in ``RUNS/<tracker>/otb100+fog@3``.
        data: root of several benchmarks or of one; by default ``STDTRACK_DATA`` or ``stdtrack.toml``.
        suites: of ``corruptions``, ``starts``, ``real-time``, ``attacks``, ``all``; corruptions if empty.
        variations: only these, by name, such as ``fog``; instead of suites.
        severities: 1 to 5.
        seed: of everything that is drawn by chance.
        tell: is called with each caveat as soon as it is known.
        cache: take scores from the user's cache, and add to it.
        running: further arguments of :func:`evalkit.run`: ``sequences``, ``exclude``, ``workers``, ``timeout``, ...

    Raises:
        InputError: as of :func:`evalkit.run` and :func:`evalkit.score`; an unknown suite, variation or severity.
    """
    from evalkit.robustness.degradation import degradation_table
    from evalkit.scoring.evaluate import Told

    bases, root = canonical_specs(as_names(on)), data_root(None if data is None else Path(data))
    chosen = variations_of(() if as_names(variations) else chosen_suites(as_names(suites)), as_names(variations))
    levels, named = tuple(dict.fromkeys(severities)), named_trackers(trackers)
    for base in bases:
        if MARK in parse_spec(base).name:
            raise InputError(f"{base} is varied already", hint="name the benchmark itself")
    told, summary = Told(tell and _once(tell)), RunSummary()
    groups = _suited(named, [each for each in chosen if not each.replayed], told)
    for suited, stood in groups:
        names = [name for base in bases for name in (base, *_varied(base, stood, levels, seed))]
        summary.add(run({each.name: each.source for each in suited}, on=names, out=out, data=root, **running))
    own = frozenset(each.name for each in named)
    replayed = [each for each in chosen if each.replayed]
    for base in bases if replayed and root is not None else ():
        budgets = [fps for each in replayed for fps in levels_of(each, levels)]
        told.add("real time", replay(Path(out), open_benchmark(base, data=root), Path(str(root)), budgets, own))
    stood = [each for _, group in groups for each in group] + replayed
    every = [name for base in bases for name in (base, *_varied(base, stood, levels, seed))]
    wanted, exclude = (as_names(running.get(name, ())) for name in ("sequences", "exclude"))
    opened = {name: open_benchmark(name, data=root) for name in every}
    kept, left_out = wanted_of(list(opened.values()), wanted, exclude)
    specs = [name for name, benchmark in opened.items() if benchmark in kept]
    scored = score(out, on=specs, data=root, partial=True, exclude=left_out, cache=cache, tell=tell and _once(tell))
    scores = _of(scored, own)
    table = degradation_table(scores.parts, Path(out))
    return Robustness(summary, scores, table, (*told.caveats, *scores.caveats), scores.refused)


def wanted_of(
    benchmarks: Sequence[Benchmark], wanted: Sequence[str], exclude: Sequence[str]
) -> tuple[list[Benchmark], tuple[str, ...]]:
    """The benchmarks of which something is left, and the shell patterns of what is left out of these.

    Args:
        wanted: shell patterns of sequences; all if empty.
        exclude: shell patterns of sequences that are left out.
    """
    patterns = tuple(dict.fromkeys((*exclude, *_unwanted(benchmarks, wanted))))
    kept = [each for each in benchmarks if set(_present(each)) - set(each.names_like(_present(each), patterns))]
    return kept, tuple(one for one in patterns if any(each.names_like(_present(each), (one,)) for each in kept))


def _present(benchmark: Benchmark) -> tuple[str, ...]:
    return benchmark.inventory().present


def _unwanted(benchmarks: Sequence[Benchmark], wanted: Sequence[str]) -> tuple[str, ...]:
    """Shell patterns of the sequences that match none of ``wanted``, of which an earlier run may have left results.

    Clips are kept where one of the runs on them is wanted, as that is compared with them; so is all if none is named.
    """
    if not wanted:
        return ()
    names = [(each.clip_of, name) for each in benchmarks for name in _present(each)]
    matching = {name for each in benchmarks for name in each.names_like(_present(each), wanted)}
    clips = {clip_of(name) for clip_of, name in names if name in matching}
    others = (name if clip_of(name) in clips else clip_of(name) for clip_of, name in names)
    return tuple(escape(name) for name in dict.fromkeys(others) if name not in matching | clips)


def _of(scores: Scores, trackers: Collection[str]) -> Scores:
    """The scores of some trackers alone, and which of them are refused."""
    parts = tuple(
        replace(part, results=_by(part.results, trackers), scores=_by(part.scores, trackers),
                refused=_by(part.refused, trackers)) for part in scores.parts
    )  # fmt: skip
    return replace(scores, parts=parts, refused=_by(scores.refused, trackers))


def _by(items: Iterable[_Item], trackers: Collection[str]) -> tuple[_Item, ...]:
    return tuple(each for each in items if each.tracker in trackers)


def _varied(base: str, variations: Iterable[Variation], levels: Iterable[int], seed: int) -> tuple[str, ...]:
    """Names of a benchmark under variations, without its own."""
    seeded = f"{base}{'&' if '?' in base else '?'}seed={seed}" if seed else base
    return varied_names(seeded, variations, levels)[1:]


def _suited(
    trackers: Sequence[NamedTracker], variations: Sequence[Variation], told: Told
) -> list[tuple[list[NamedTracker], list[Variation]]]:
    """Trackers and the variations that all of them can stand: first what every tracker can, then what some can.

    Notes the variations that none of the trackers can stand.
    """
    groups: dict[tuple[str, ...], list[Variation]] = {tuple(each.name for each in trackers): []}
    for variation in variations:
        names = tuple(each.name for each in trackers if variation.suits(each.source))
        if names:
            groups.setdefault(names, []).append(variation)
        else:
            told.add(variation.name, ("left out: none of the trackers can stand it",))
    return [([each for each in trackers if each.name in names], group) for names, group in groups.items()]


def _once(tell: Tell) -> Tell:
    """Pass on what is said of a benchmark, and not again what is said alike of its variations."""
    said: set[str] = set()

    def tell_new(what: Caveat | Refused) -> None:
        text = re.sub(r"\+[\w@+]+", "", str(what))
        if text not in said:
            said.add(text)
            tell(what)

    return tell_new
