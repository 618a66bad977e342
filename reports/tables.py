"""Tables as data: cells with text, raw value and rank; what they say is decided here, how they look in `markup`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from evalkit.scoring.metrics import label_of, metric_of
from reports.cells import NO_VALUE as NO_VALUE
from reports.cells import Cell as Cell
from reports.cells import Table as Table
from reports.inputs import ReportTables, records
from reports.speeds import settings
from reports.views import View, format_metric


def number(value: Any, form: str = "{:.1f}", scale: float = 1.0) -> Cell:
    """A cell of a number, a dash for none."""
    if value is None or pd.isna(value):
        return Cell(NO_VALUE, "")
    exact = float(value)
    counted = ".0f" in form and exact.is_integer()  # a column of counts with gaps comes as floats
    return Cell(form.format(exact * scale), int(exact) if counted else exact)


def word(value: Any) -> Cell:
    """A cell of text, a dash for none."""
    return Cell(NO_VALUE, "") if value is None or pd.isna(value) else Cell(str(value), str(value))


def ranks(values: pd.Series[float], *, lower_is_better: bool = False) -> dict[str, int]:
    """Rank 1 to 3 of the best values by index; equal values share a rank, fewer than two values have none.

    >>> ranks(pd.Series({"a": 0.5, "b": 0.7, "c": 0.7, "d": 0.1}))
    {'b': 1, 'c': 1, 'a': 3}
    """
    if values.notna().sum() < 2:
        return {}
    order = values.dropna().rank(method="min", ascending=lower_is_better).astype(int).sort_values(kind="stable")
    return {str(name): int(rank) for name, rank in order[order <= 3].items()}


def ranked_cells(values: pd.DataFrame, metrics: Sequence[str]) -> list[tuple[Cell, ...]]:
    """Rows of cells of a table of numbers, ranked within each column; ``metrics`` names what each column holds."""
    columns = []
    for (_, column), metric in zip(values.items(), metrics, strict=True):
        marks = ranks(column, lower_is_better=not metric_of(metric).higher_is_better)
        columns.append([_metric_cell(metric, value, marks.get(str(name))) for name, value in column.to_dict().items()])
    return list(zip(*columns, strict=True))


def score_table(view: View, tables: ReportTables) -> Table:
    """Trackers x metrics of a view, with the headline metric's confidence interval and the speed."""
    overall = view.overall
    intervals = _intervals(view, tables.intervals)
    speeds = _fps(view, tables.speeds)
    speed_marks = ranks(speeds) if not speeds.empty else {}
    rows = []
    for tracker, scores in zip(view.trackers, ranked_cells(overall, list(overall.columns)), strict=True):
        cells = [Cell(view.label(tracker)), *scores]
        if intervals:
            cells.append(intervals.get(tracker, Cell(NO_VALUE, "")))
        if not speeds.empty:
            fps = number(speeds.get(tracker))
            cells.append(Cell(fps.text, fps.value, speed_marks.get(tracker)))
        rows.append(tuple(cells))
    columns = ["Tracker", *(label_of(metric) for metric in overall.columns)]
    columns += [f"{label_of(str(view.headline))} interval"] if intervals else []
    columns += ["FPS"] if not speeds.empty else []
    numeric = (False, *(True for _ in columns[1:]))
    caption = _score_caption(view, tables, bool(intervals), speeds)
    return Table(
        "scores", caption, tuple(columns), tuple(rows), numeric, ranked=True, keys=view.trackers, context=_context(view)
    )


def _context(view: View) -> tuple[tuple[str, str], ...]:
    return ("benchmark", view.benchmark), ("protocol", view.protocol), ("part", view.common_mark or "whole list")


def _score_caption(view: View, tables: ReportTables, intervals: bool, speeds: pd.Series[float]) -> str:
    text = f"{view.title}, protocol {view.protocol}."
    if intervals:
        level = float(tables.intervals["level"].iloc[0])
        text += f" Interval: {100 * level:.0f} % by bootstrap over sequences."
    rows = tables.speeds[tables.speeds["benchmark"] == view.benchmark]
    if not speeds.empty:
        text += f" FPS: 1 / median time of a frame, {settings(rows)}."
    notes = dict.fromkeys(str(note) for note in rows["note"].dropna() if note)
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


_SPEED_COLUMNS = ("FPS (1/median)", "FPS (n/total)", "p50 [ms]", "p90 [ms]", "p99 [ms]")


def speed_table(view: View, speeds: pd.DataFrame) -> Table | None:
    """Speeds of a view's trackers with everything they depend on; None where nothing is known."""
    rows = speeds[(speeds["benchmark"] == view.benchmark) & speeds["tracker"].isin(view.labels)]
    if rows.empty:
        return None
    rows = rows.sort_values("fps_median", ascending=False, na_position="last", kind="stable")
    body = tuple(
        (
            Cell(view.label(row["tracker"])),
            *(word(row[name]) for name in ("scope", "backend", "threads", "device")),
            *(number(row[name]) for name in ("fps_median", "fps_mean")),
            *(number(row[name], "{:.2f}") for name in ("p50_ms", "p90_ms", "p99_ms")),
            word(row["note"]),
        )
        for row in records(rows)
    )
    columns = ("Tracker", "Scope", "Backend", "Threads", "Device", *_SPEED_COLUMNS, "Note")
    numeric = (False, False, False, True, False, *([True] * 5), False)
    caption = f"Speed on {view.title}; each row states what was timed, on what and how."
    keys = tuple(map(str, rows["tracker"]))
    return Table("speeds", caption, columns, body, numeric, keys=keys, context=_context(view))


def attribute_table(view: View, attributes: pd.DataFrame) -> Table | None:
    """Trackers x challenge attributes of the headline metric; None where the benchmark has none."""
    rows = attributes[(attributes["benchmark"] == view.benchmark) & (attributes["protocol"] == view.protocol)]
    rows = rows[rows["metric"] == view.headline]
    if rows.empty:
        return None
    metric = str(view.headline)
    values = rows.pivot_table(index="tracker", columns="attribute", values="value", sort=False)
    values = values.reindex([name for name in view.trackers if name in values.index])
    keys = tuple(map(str, values.index))
    rows_of_cells = ranked_cells(values, [metric] * len(values.columns))
    body = tuple((Cell(view.label(name)), *cells) for name, cells in zip(keys, rows_of_cells, strict=True))
    counts = rows.groupby("attribute")["sequences"].max()
    columns = ("Tracker", *(f"{name} ({counts[name]})" for name in values.columns))
    caption = f"{label_of(metric)} by attribute, {view.title}, protocol {view.protocol}; in brackets the sequences."
    numeric = (False, *(True for _ in values.columns))
    return Table("attributes", caption, columns, body, numeric, ranked=True, keys=keys, context=_context(view))


def sequence_table(view: View) -> Table | None:
    """Sequences x trackers of the headline metric; None where no sequence was scored."""
    if view.headline is None:
        return None
    values = view.per_sequence(view.headline).T
    if values.empty:
        return None
    metric = view.headline
    body = tuple(
        (Cell(str(name)), *(_metric_cell(metric, value) for value in row))
        for name, row in zip(values.index, values.to_numpy(), strict=True)
    )
    columns = ("Sequence", *(view.label(name) for name in values.columns))
    caption = f"{label_of(metric)} of every sequence, {view.title}, protocol {view.protocol}."
    numeric = (False, *(True for _ in values.columns))
    column_keys = ("", *map(str, values.columns))
    return Table("sequences", caption, columns, body, numeric, column_keys=column_keys, context=_context(view))


def _metric_cell(metric: str, value: float, rank: int | None = None) -> Cell:
    return Cell(format_metric(metric, value), "" if pd.isna(value) else float(value), rank)


def view_tables(view: View, tables: ReportTables) -> Iterable[Table]:
    """All tables of a view."""
    candidates = (
        score_table(view, tables) if view.headline else None,
        speed_table(view, tables.speeds),
        attribute_table(view, tables.attributes),
        sequence_table(view),
    )
    return [table for table in candidates if table is not None]
