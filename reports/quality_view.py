"""What trackers' confidences are worth, as a table of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from evalkit.scoring.quality.results import MEASURES
from reports.cells import Cell, Table
from reports.inputs import ReportTables, records
from reports.quality import CAPTION, COUNTS
from reports.tables import number, ranks
from reports.views import View


def quality_view(view: View, tables: ReportTables) -> Table | None:
    """The table of a view: trackers x measures, ranked; None where no tracker of the benchmark has confidences."""
    rows = tables.quality[tables.quality["benchmark"] == view.benchmark].drop_duplicates("tracker")
    rows = rows.set_index("tracker").reindex([name for name in view.trackers if name in set(rows["tracker"])])
    judged = rows[rows["frames"] > 0]
    if judged.empty:
        return None
    names = [name for name in MEASURES if judged[name].notna().any()]
    marks = {name: ranks(judged[name], lower_is_better=not MEASURES[name].higher_is_better) for name in names}
    body = tuple(_row(str(tracker), row, names, marks, view) for tracker, row in _by_tracker(rows))
    columns = ("Tracker", *(MEASURES[name].label for name in names), "Frames", "Lost", "Absent", "Note")
    numeric = (False, *[True] * (len(names) + 3), False)
    caption = f"{CAPTION} {view.title}, first frames left out."
    keys = tuple(map(str, rows.index))
    context = (("benchmark", view.benchmark),)
    return Table("quality", caption, columns, body, numeric, ranked=True, keys=keys, context=context)


def _by_tracker(rows: pd.DataFrame) -> list[tuple[str, dict[str, Any]]]:
    return list(zip(map(str, rows.index), records(rows), strict=True))


def _row(
    tracker: str, row: Mapping[str, Any], names: Sequence[str], marks: Mapping[str, Mapping[str, int]], view: View
) -> tuple[Cell, ...]:
    cells = [number(row[name], "{:.3f}") for name in names]
    ranked = [Cell(cell.text, cell.value, marks[name].get(tracker)) for name, cell in zip(names, cells, strict=True)]
    counts = [number(row[name], "{:,.0f}") for name in COUNTS]
    return (Cell(view.label(tracker)), *ranked, *counts, Cell(str(row["note"])))
