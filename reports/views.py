"""A view: one benchmark under one protocol, which is what a plot or a table shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from evalkit.scoring.metrics import METRICS, headline_of, metric_of
from evalkit.scoring.naming import Named
from evalkit.shown import one_line, shown_names
from reports.inputs import ReportTables, records


def format_metric(metric: str, value: float | None) -> str:
    """A figure as papers print it, a dash where there is none.

    >>> format_metric("auc", 0.67149), format_metric("eao", 0.3335), format_metric("auc", None)
    ('67.1', '0.334', '–')
    """
    if value is None or pd.isna(value):
        return "–"
    known = metric_of(metric)
    return f"{100 * value if known.percent else value:.{known.digits}f}"


@dataclass(frozen=True)
class View:
    """One benchmark under one protocol.

    Attributes:
        scores: the rows of the score table, overall and per sequence.
        coverage: the rows of the coverage table.
        labels: how a tracker is named where it is shown: its name, and its note such as ``untrained``.
        named: in which order trackers stand, and which are highlighted.
        metrics: what tables show, see :mod:`reports.choice`; empty for all.
    """

    benchmark: str
    protocol: str
    scores: pd.DataFrame
    coverage: pd.DataFrame
    labels: Mapping[str, str]
    named: Named = field(default_factory=Named)
    metrics: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Unique among the views of a report."""
        return f"{self.benchmark}/{self.protocol}"

    @cached_property
    def overall(self) -> pd.DataFrame:
        """Trackers x metrics, as ordered by the user, else best first; metrics without any value are left out."""
        return self._best_first.loc[self.named.arranged(self._best_first.index)]

    @cached_property
    def _best_first(self) -> pd.DataFrame:
        rows = self.scores[self.scores["sequence"].isna()]
        table = rows.pivot_table(index="tracker", columns="metric", values="value", aggfunc="first", dropna=False)
        table = table.astype(float).dropna(axis="columns", how="all")
        order = [name for name in METRICS if name in table.columns]
        order += [name for name in table.columns if name not in METRICS]
        table = table[order]
        names = sorted(table.index)
        return table.loc[names] if not order else self._ranked(table.loc[names])

    def _ranked(self, table: pd.DataFrame) -> pd.DataFrame:
        headline = str(headline_of(list(table.columns), self.benchmark))
        return table.sort_values(
            headline, ascending=not metric_of(headline).higher_is_better, kind="stable", na_position="last"
        )

    @property
    def headline(self) -> str | None:
        """The metric that trackers are ranked by; None where nothing could be scored."""
        return headline_of(list(self.overall.columns), self.benchmark)

    @property
    def trackers(self) -> tuple[str, ...]:
        """Names in the order of :attr:`overall`."""
        return tuple(self.overall.index)

    def best(self, count: int, among: Iterable[str] | None = None) -> list[str]:
        """The best trackers, in the order of :attr:`trackers`; highlighted ones are always among them.

        Args:
            among: of these alone.
        """
        wanted = set(self._best_first.index if among is None else among)
        names = [name for name in self._best_first.index if name in wanted]
        chosen = set(sorted(names, key=lambda name: not self.named.highlights(name))[:count])
        return [name for name in self.trackers if name in chosen]

    @property
    def leader(self) -> str:
        """Whom the others are compared with: the best of the highlighted trackers, else the best of all."""
        return min(map(str, self._best_first.index), key=lambda name: not self.named.highlights(name))

    def per_sequence(self, metric: str) -> pd.DataFrame:
        """Trackers (as in :attr:`overall`) x sequences of one metric, NaN where a tracker has no result."""
        rows = self.scores[self.scores["sequence"].notna() & (self.scores["metric"] == metric)]
        table = rows.pivot_table(index="tracker", columns="sequence", values="value", aggfunc="first", sort=False)
        return table.astype(float).reindex([name for name in self.trackers if name in table.index])

    @cached_property
    def marks(self) -> dict[str, str]:
        """What part of the benchmark each tracker's figures rest on, empty for the whole of a verified list."""
        rows = records(self.coverage.drop_duplicates("tracker"))
        return {row["tracker"]: coverage_mark(row["scored"], row["total"], bool(row["verified"])) for row in rows}

    @property
    def common_mark(self) -> str:
        """The mark that all trackers share, else the empty string."""
        marks = set(self.marks.values())
        return marks.pop() if len(marks) == 1 else ""

    @cached_property
    def shortcomings(self) -> tuple[str, ...]:
        """What the protocol's rules need and the annotation lacks, see ``BenchmarkScore.shortcoming``."""
        said = self.scores["shortcoming"].fillna("").unique() if "shortcoming" in self.scores else ()
        return tuple(filter(None, said))

    @property
    def context(self) -> tuple[tuple[str, str], ...]:
        """What a table of the view repeats in every row of a CSV file."""
        return ("benchmark", self.benchmark), ("protocol", self.protocol), ("part", self._mark("whole list"))

    @property
    def title(self) -> str:
        """``otb100 (5 of 100 sequences)``, or ``lasot (annotation incomplete)``: see :attr:`shortcomings`."""
        mark = self._mark("")
        return self.benchmark + (f" ({mark})" if mark else "")

    def _mark(self, whole: str) -> str:
        marks = (self.common_mark or whole, "annotation incomplete" if self.shortcomings else "")
        return ", ".join(filter(None, marks))

    def label(self, tracker: str) -> str:
        """The tracker's name, its note, and its own part of the benchmark where the trackers differ in that."""
        own = "" if self.common_mark else self.marks.get(tracker, "")
        return self.labels[tracker] + (f" ({own})" if own else "")


def coverage_mark(scored: int, total: int, verified: bool) -> str:
    """The mark that a part of a benchmark carries wherever its figures appear.

    >>> coverage_mark(5, 100, True), coverage_mark(100, 100, True), coverage_mark(1, 1, False)
    ('5 of 100 sequences', '', '1 sequence, total not verified')
    """
    if scored < total:
        return f"{scored} of {total} sequences"
    return "" if verified else f"{scored} sequence{'s' if scored != 1 else ''}, total not verified"


def labels(trackers: Iterable[str], facts: pd.DataFrame) -> dict[str, str]:
    """Each tracker's name as :func:`evalkit.shown.shown_names` has it, with its note."""
    notes = {row["tracker"]: row["note"] for row in records(facts) if isinstance(row["note"], str) and row["note"]}
    shown = shown_names(trackers)
    return {name: text + (f" ({one_line(notes[name])})" if name in notes else "") for name, text in shown.items()}


def views(tables: ReportTables) -> tuple[View, ...]:
    """The views of a report, in order of first appearance in the score table."""
    named = labels(tables.trackers, tables.facts)
    pairs = tables.scores[["benchmark", "protocol"]].drop_duplicates()
    found = []
    for benchmark, protocol in pairs.itertuples(index=False):
        scores, coverage = (_part(table, benchmark, protocol) for table in (tables.scores, tables.coverage))
        found.append(View(benchmark, protocol, scores, coverage, named, tables.named, tables.metrics))
    return tuple(found)


def _part(table: pd.DataFrame, benchmark: str, protocol: str) -> pd.DataFrame:
    return table[(table["benchmark"] == benchmark) & (table["protocol"] == protocol)]
