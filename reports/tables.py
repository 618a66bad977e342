"""Tables as data: cells with text, raw value and rank; what they say is decided here, how they look in `markup`."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from evalkit.scoring.metrics import label_of
from reports.cells import NO_VALUE as NO_VALUE
from reports.cells import Cell as Cell
from reports.cells import Table as Table
from reports.inputs import ReportTables, records
from reports.numbers import metric_cell, ranked_cells
from reports.numbers import number as number
from reports.numbers import ranks as ranks
from reports.numbers import word as word
from reports.score_tables import score_table as score_table
from reports.views import View

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
    return Table("speeds", caption, columns, body, numeric, keys=keys, context=view.context)


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
    return Table("attributes", caption, columns, body, numeric, ranked=True, keys=keys, context=view.context)


def sequence_table(view: View) -> Table | None:
    """Sequences x trackers of the headline metric; None where no sequence was scored."""
    if view.headline is None:
        return None
    values = view.per_sequence(view.headline).T
    if values.empty:
        return None
    metric = view.headline
    body = tuple(
        (Cell(str(name)), *(metric_cell(metric, value) for value in row))
        for name, row in zip(values.index, values.to_numpy(), strict=True)
    )
    columns = ("Sequence", *(view.label(name) for name in values.columns))
    caption = f"{label_of(metric)} of every sequence, {view.title}, protocol {view.protocol}."
    numeric = (False, *(True for _ in values.columns))
    column_keys = ("", *map(str, values.columns))
    return Table("sequences", caption, columns, body, numeric, column_keys=column_keys, context=view.context)


def view_tables(view: View, tables: ReportTables) -> Iterable[Table]:
    """All tables of a view."""
    candidates = (
        score_table(view, tables) if view.headline else None,
        speed_table(view, tables.speeds),
        attribute_table(view, tables.attributes),
        sequence_table(view),
    )
    return [table for table in candidates if table is not None]
