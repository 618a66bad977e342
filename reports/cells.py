"""A table as data: cells with text, raw value and rank; how they are written is decided in :mod:`reports.markup`."""

from __future__ import annotations

from dataclasses import dataclass

NO_VALUE = "–"


@dataclass(frozen=True)
class Cell:
    """One cell: ``text`` as printed, ``value`` as computed (for CSV and sorting), ``rank`` 1 to 3 among its column."""

    text: str
    value: float | str | None = None
    rank: int | None = None

    @property
    def raw(self) -> str:
        """What CSV holds: the value in full precision."""
        return self.text if self.value is None else str(self.value)


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        name: the files' stem.
        caption: one paragraph that states protocol, scope and device.
        rows: a cell for each column; a row of one cell names the rows below it.
        numeric: which columns are numbers.
        ranked: cells may carry ranks.
        keys: the tracker of each row, where rows are trackers.
        column_keys: the tracker of each column, empty for another column, where columns are trackers.
        context: what CSV, which has no caption, repeats in every row: column name and value.
    """

    name: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: tuple[bool, ...]
    ranked: bool = False
    keys: tuple[str, ...] = ()
    column_keys: tuple[str, ...] = ()
    context: tuple[tuple[str, str], ...] = ()

    @property
    def full_rows(self) -> tuple[tuple[Cell, ...], ...]:
        """The rows with a cell for each column."""
        return tuple((*row, *[Cell("")] * (len(self.columns) - len(row))) for row in self.rows)
