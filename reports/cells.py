"""A table as data: cells with text, raw value and rank; how they are written is decided in :mod:`reports.markup`."""

from __future__ import annotations

from dataclasses import dataclass, replace

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
        arrows: for each column the direction in which its figures become better, ``↑`` or ``↓``, or nothing.
        published: how many of the last rows are figures of others.
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
    arrows: tuple[str, ...] = ()
    published: int = 0

    @property
    def full_rows(self) -> tuple[tuple[Cell, ...], ...]:
        """The rows with a cell for each column."""
        return tuple((*row, *[Cell("")] * (len(self.columns) - len(row))) for row in self.rows)


def rows_of(table: Table) -> tuple[tuple[Cell, ...], ...]:
    """The rows, each with a cell for each column; one empty row where there is none."""
    return table.full_rows or (tuple(Cell("") for _ in table.columns),)


def columns_of(table: Table) -> tuple[tuple[Cell, ...], ...]:
    """The cells of each column."""
    return tuple(zip(*rows_of(table), strict=True))


def with_arrows(table: Table) -> Table:
    """The table whose headings say in which direction figures become better."""
    if not table.arrows:
        return table
    pairs = zip(table.columns, table.arrows, strict=True)
    return replace(table, columns=tuple(f"{name} {arrow}".rstrip() for name, arrow in pairs), arrows=())


def transposed(table: Table, corner: str = "Metric") -> Table:
    """The table with a column a tracker; figures keep their ranks.

    Args:
        corner: what the new rows are, for their heading.
    """
    heads, *columns = columns_of(table)
    arrows = table.arrows[1:] or [""] * len(columns)
    names = (f"{name} {arrow}".rstrip() for name, arrow in zip(table.columns[1:], arrows, strict=True))
    return replace(
        table,
        columns=(corner, *(cell.text for cell in heads)),
        rows=tuple((Cell(name), *cells) for name, cells in zip(names, columns, strict=True)),
        numeric=(False, *(True for _ in heads)),
        keys=(),
        column_keys=("", *table.keys) if table.keys else (),
        arrows=(),
        published=0,
    )
