"""What a report is made of: tidy tables, frames of sequences as JPEG bytes, and facts about the machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

import pandas as pd

from evalkit.errors import InputError
from evalkit.results.columns import LATENCIES, SPEEDS
from evalkit.robustness.columns import DEGRADATION
from evalkit.scoring.columns import (
    ATTRIBUTES,
    COVERAGE,
    CURVES,
    FIGURES,
    INTERVALS,
    QUALITY,
    RELIABILITY,
    RISK,
    SHOWN_BOXES,
    SHOWN_FRAMES,
)
from evalkit.scoring.naming import Named
from evalkit.shown import one_line, shown_names
from reports.style import Style, styles

FACTS = ("tracker", "note", "parameters", "macs")
PUBLISHED = ("tracker", "quantity", "benchmark", "value", "unit", "device", "note", "source")
TABLES: Mapping[str, tuple[str, ...]] = {
    "scores": FIGURES,
    "curves": CURVES,
    "coverage": COVERAGE,
    "frames": SHOWN_FRAMES,
    "boxes": SHOWN_BOXES,
    "speeds": SPEEDS,
    "intervals": INTERVALS,
    "attributes": ATTRIBUTES,
    "latencies": LATENCIES,
    "quality": QUALITY,
    "reliability": RELIABILITY,
    "risks": RISK,
    "facts": FACTS,
    "published": PUBLISHED,
    "robustness": DEGRADATION,
}
"""The tables of a report and the columns that they need."""


@dataclass(frozen=True)
class StripFrame:
    """One decoded frame for the page: JPEG bytes, perhaps scaled down, of an image of ``width`` x ``height`` pixels."""

    frame: int
    width: int
    height: int
    jpeg: bytes


def empty(columns: tuple[str, ...]) -> pd.DataFrame:
    """A table of the given columns without a row.

    >>> list(empty(("tracker", "note")).columns)
    ['tracker', 'note']
    """
    return pd.DataFrame({name: pd.Series(dtype=object) for name in columns})


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table as dictionaries, which say by name what they hold."""
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


@dataclass(frozen=True)
class ReportTables:
    """What a report or a profile shows: scores with their coverage, or the tables of a profile; the rest may be empty.

    Fractions are in [0, 1], boxes ``x, y, w, h`` in pixels, ``sequence`` is None for a benchmark's overall value.

    Attributes:
        scores, curves, coverage, frames, speeds: as :mod:`evalkit.scoring.tables` defines them.
        boxes: of the frames that the page plays, those in ``strips`` among them.
        intervals: confidence intervals of overall values (:func:`evalkit.scoring.statistics.interval_table`).
        attributes: values by challenge attribute, with the number of sequences behind each.
        latencies: milliseconds of every frame.
        quality, reliability, risks: what trackers' confidences are worth (:mod:`evalkit.scoring.quality.tables`).
        facts: what is known of a tracker: ``note`` (such as ``untrained``), ``parameters``, ``macs`` of one frame.
        profiles: the profiler's tables by name (``latency``, ``resources``, ...), see :mod:`reports.profiles`.
        robustness: what is left of scores under variations of a benchmark (:mod:`evalkit.robustness.degradation`).
        published: figures of other trackers by their authors, see :mod:`reports.published`.
        hardware: facts about the machine, by name.
        methods: how the figures were made: one sentence by topic.
        strips: frames of a sequence that there are pictures of, by (benchmark, sequence).
        examples: a frame under a corruption, by (benchmark, variation).
        named: how trackers are called and ordered, see :func:`reports.labelled.with_labels`.
        metrics: what tables of scores show, in this order; empty for all that there are, see :mod:`reports.choice`.
    """

    scores: pd.DataFrame = field(default_factory=partial(empty, FIGURES))
    coverage: pd.DataFrame = field(default_factory=partial(empty, COVERAGE))
    curves: pd.DataFrame = field(default_factory=partial(empty, CURVES))
    frames: pd.DataFrame = field(default_factory=partial(empty, SHOWN_FRAMES))
    boxes: pd.DataFrame = field(default_factory=partial(empty, SHOWN_BOXES))
    speeds: pd.DataFrame = field(default_factory=partial(empty, SPEEDS))
    intervals: pd.DataFrame = field(default_factory=partial(empty, INTERVALS))
    attributes: pd.DataFrame = field(default_factory=partial(empty, ATTRIBUTES))
    latencies: pd.DataFrame = field(default_factory=partial(empty, LATENCIES))
    quality: pd.DataFrame = field(default_factory=partial(empty, QUALITY))
    reliability: pd.DataFrame = field(default_factory=partial(empty, RELIABILITY))
    risks: pd.DataFrame = field(default_factory=partial(empty, RISK))
    facts: pd.DataFrame = field(default_factory=partial(empty, FACTS))
    profiles: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    published: pd.DataFrame = field(default_factory=partial(empty, PUBLISHED))
    robustness: pd.DataFrame = field(default_factory=partial(empty, DEGRADATION))
    hardware: Mapping[str, str] = field(default_factory=dict)
    methods: Mapping[str, str] = field(default_factory=dict)
    strips: Mapping[tuple[str, str], tuple[StripFrame, ...]] = field(default_factory=dict)
    examples: Mapping[tuple[str, str], StripFrame] = field(default_factory=dict)
    named: Named = field(default_factory=Named)
    metrics: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, columns in TABLES.items():
            absent = [column for column in columns if column not in getattr(self, name).columns]
            if absent:
                raise InputError(f"the report's table '{name}' has no column {', '.join(absent)}")
        if not self.profiles:
            self.require_scores()

    def require_scores(self) -> None:
        """Raise InputError where no tracker has a score."""
        if self.scores.empty:
            raise InputError(
                "there is nothing to report: no sequence was scored", hint="run 'stdtrack score' to see why"
            )

    @property
    def trackers(self) -> tuple[str, ...]:
        """Names of all trackers that have a score, in the order that is asked for, else that of first appearance."""
        return tuple(self.named.arranged(dict.fromkeys(self.scores["tracker"])))

    @cached_property
    def styles(self) -> Mapping[str, Style]:
        """How each tracker is drawn, those without a score too."""
        former = {name: self.named.former_name(name) for name in (*self.trackers, *self.profiled)}
        drawn = styles((former[name] for name in self.trackers), (former[name] for name in self.profiled))
        return {name: replace(drawn[old], bold=self.named.highlights(name)) for name, old in former.items()}

    @property
    def profiled(self) -> tuple[str, ...]:
        """Names of all trackers in the tables of a profile."""
        columns = (table["tracker"] for table in self.profiles.values() if "tracker" in table)
        return tuple(dict.fromkeys(str(name) for column in columns for name in column.unique()))

    @cached_property
    def texts(self) -> frozenset[str]:
        """Every text that a plot may show: names, notes, devices."""
        frames = [getattr(self, name) for name in TABLES if name != "frames"]
        frames += [self.frames[["sequence"]], *self.profiles.values()]
        columns = (frame[name] for frame in frames for name in frame.select_dtypes(exclude=["number", "bool"]).columns)
        return frozenset(text for column in columns for text in _strings(column))

    def profile(self, name: str) -> pd.DataFrame:
        """A table of the profile; without columns and rows where there is none of that name."""
        return self.profiles.get(name, pd.DataFrame())

    def profile_by_scope(self, name: str) -> Iterator[tuple[str, pd.DataFrame]]:
        """The rows of a table of the profile, scope by scope."""
        table = self.profile(name)
        if not table.empty:
            yield from ((str(scope), part) for scope, part in table.groupby("scope", sort=False))


def with_shown_names(tables: ReportTables) -> ReportTables:
    """The same tables with every text in them as it is shown, so that none can act wherever it is written.

    Trackers and sequences are told apart by their names: those that look alike are numbered.
    """
    trackers = shown_names(tables.trackers)
    sequences = shown_names([*_strings(tables.scores["sequence"]), *_strings(tables.frames["sequence"])])
    names = {"tracker": trackers, "sequence": sequences}
    frames: dict[str, Any] = {name: _shown(getattr(tables, name), names) for name in TABLES if name != "published"}
    return replace(
        tables,
        **frames,
        profiles={name: _shown(table, names) for name, table in tables.profiles.items()},
        published=_shown(tables.published, {}),  # trackers of its own
        hardware={one_line(name): one_line(value) for name, value in tables.hardware.items()},
        methods={one_line(name): one_line(value) for name, value in tables.methods.items()},
        examples=tables.examples,
        strips={(name, sequences.get(sequence, sequence)): strip for (name, sequence), strip in tables.strips.items()},
    )


def _strings(column: pd.Series[Any]) -> list[str]:
    return [value for value in column.unique() if isinstance(value, str)]


def _shown(table: pd.DataFrame, names: Mapping[str, Mapping[str, str]]) -> pd.DataFrame:
    changed = {}
    for column in table.select_dtypes(exclude=["number", "bool"]).columns:
        known = names.get(str(column), {})
        texts = {text: known.get(text, one_line(text)) for text in _strings(table[column])}
        if any(text != shown for text, shown in texts.items()):
            changed[column] = table[column].astype(object).replace(texts)
    return table.assign(**changed) if changed else table
