"""The table that a report is read for: trackers x metrics, with interval, speed and size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from evalkit.scoring.metrics import label_of, metric_of
from reports.cells import NO_VALUE, Cell, Table
from reports.choice import BESIDE, FPS, INTERVAL, MACS, PARAMETERS
from reports.inputs import ReportTables, records
from reports.numbers import number, ranked_cells, ranks
from reports.speeds import settings
from reports.views import View, format_metric

_SIZES: Mapping[str, tuple[float, str]] = {PARAMETERS: (1e-6, "{:.2f}"), MACS: (1e-9, "{:.2f}")}


@dataclass(frozen=True)
class Column:
    """A column beside the trackers' names: its heading, a cell a tracker, ``↑`` or ``↓`` for where it is better."""

    heading: str
    cells: tuple[Cell, ...]
    arrow: str = ""


def score_table(view: View, tables: ReportTables) -> Table:
    """Trackers x metrics of a view, with the headline metric's confidence interval and the speed."""
    there = _columns(view, tables)
    usual = [name for name in there if name not in _SIZES]
    names = [name for name in view.metrics if name in there] or usual
    shown = [there[name] for name in names]
    heads = [Cell(view.label(tracker)) for tracker in view.trackers]
    return Table(
        "scores",
        _caption(view, tables, interval=INTERVAL in names, speed=FPS in names),
        ("Tracker", *(column.heading for column in shown)),
        tuple(zip(heads, *(column.cells for column in shown), strict=True)),
        (False, *(True for _ in shown)),
        ranked=True,
        keys=view.trackers,
        context=view.context,
        arrows=("", *(column.arrow for column in shown)),
    )


def column_names(view: View, tables: ReportTables) -> list[str]:
    """What the columns of :func:`score_table` hold, those of the trackers' names left out."""
    there = _columns(view, tables)
    return [name for name in view.metrics if name in there] or [name for name in there if name not in _SIZES]


def _columns(view: View, tables: ReportTables) -> dict[str, Column]:
    """Every column that there are figures for, in the order of printing."""
    metrics = list(map(str, view.overall.columns))
    cells = zip(*ranked_cells(view.overall, metrics), strict=True)
    columns = {name: Column(label_of(name), column, _arrow(name)) for name, column in zip(metrics, cells, strict=True)}
    intervals = _intervals(view, tables.intervals)
    if intervals:
        spans = tuple(intervals.get(tracker, Cell(NO_VALUE, "")) for tracker in view.trackers)
        columns[INTERVAL] = Column(f"{label_of(str(view.headline))} interval", spans)
    speeds = _fps(view, tables.speeds)
    if not speeds.empty:
        marks = ranks(speeds)
        figures = ((tracker, number(speeds.get(tracker))) for tracker in view.trackers)
        columns[FPS] = Column(BESIDE[FPS], tuple(Cell(c.text, c.value, marks.get(name)) for name, c in figures), "↑")
    return columns | _sizes(view, tables.facts)


def _arrow(metric: str) -> str:
    return "↑" if metric_of(metric).higher_is_better else "↓"


def _sizes(view: View, facts: pd.DataFrame) -> dict[str, Column]:
    """Parameters and MACs, where they are known of any tracker."""
    rows = facts.drop_duplicates("tracker").set_index("tracker")
    columns = {}
    for name, (scale, form) in _SIZES.items():
        values = pd.to_numeric(rows[name]).reindex(list(view.trackers))
        if values.notna().any():
            columns[name] = Column(BESIDE[name], tuple(number(value, form, scale) for value in values))
    return columns


def _caption(view: View, tables: ReportTables, *, interval: bool, speed: bool) -> str:
    text = f"{view.title}, protocol {view.protocol}."
    if interval:
        level = float(tables.intervals["level"].iloc[0])
        text += f" Interval: {100 * level:.0f} % by bootstrap over sequences."
    rows = tables.speeds[tables.speeds["benchmark"] == view.benchmark]
    if speed:
        text += f" FPS: 1 / median time of a frame, {settings(rows)}."
    notes = () if view.metrics and not speed else dict.fromkeys(str(note) for note in rows["note"].dropna() if note)
    return " ".join([text, *(f"Speed: {note}." for note in notes)])


def _intervals(view: View, table: pd.DataFrame) -> dict[str, Cell]:
    rows = table[(table["benchmark"] == view.benchmark) & (table["protocol"] == view.protocol)]
    rows = rows[rows["metric"] == view.headline].dropna(subset=["low", "high"])
    metric = str(view.headline)
    return {
        row["tracker"]: Cell(
            f"{format_metric(metric, row['low'])}–{format_metric(metric, row['high'])}", f"{row['low']} {row['high']}"
        )
        for row in records(rows)
    }


def _fps(view: View, speeds: pd.DataFrame) -> pd.Series[float]:
    """Median FPS by tracker where all were measured in one setting; else empty, since they could not be compared."""
    rows = speeds[(speeds["benchmark"] == view.benchmark) & speeds["fps_median"].notna()]
    if rows.empty or len(rows[["scope", "threads", "device"]].drop_duplicates()) > 1:
        return pd.Series(dtype=float)
    return pd.to_numeric(rows.drop_duplicates("tracker").set_index("tracker")["fps_median"])
