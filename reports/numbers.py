"""Numbers as cells of tables: their digits, and their rank among those that they stand with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from evalkit.scoring.metrics import metric_of
from reports.cells import NO_VALUE, Cell
from reports.views import format_metric


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
        columns.append([metric_cell(metric, value, marks.get(str(name))) for name, value in column.to_dict().items()])
    return list(zip(*columns, strict=True))


def metric_cell(metric: str, value: float, rank: int | None = None) -> Cell:
    """A metric's figure as papers print it."""
    return Cell(format_metric(metric, value), "" if pd.isna(value) else float(value), rank)
