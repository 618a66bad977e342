"""Wide tables made readable: what is the same in every row is said once, notes are numbered, columns go in blocks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from evalkit.results.columns import NOTE_SEPARATOR
from reports.cells import NO_VALUE, Cell, Table

SETTINGS = ("backend", "threads", "device", "reference", "energy")
"""Columns that are told beside the table where all its rows agree."""
ROW_NAMES = ("tracker", "protocol", "attribute", "scope", "stage", "benchmark", "kind", "variation", "level")
"""Columns that every block of columns repeats, so that its rows can be told apart; in small letters."""
NOTE = "note"
WIDEST_TEXT = 24
"""Longer names are folded."""
GAP = 2


def shared_settings(table: Table) -> tuple[Table, dict[str, str]]:
    """The table without empty columns and without settings that all rows share, and those settings."""
    shared: dict[str, str] = {}
    empty: set[str] = set()
    for index, name in enumerate(table.columns):
        texts = {row[index].text for row in table.rows}
        if texts <= {NO_VALUE, ""}:
            empty.add(name)
        elif name in SETTINGS and len(texts) == 1:
            shared[name] = texts.pop()
    kept = [index for index, name in enumerate(table.columns) if name not in shared and name not in empty]
    return columns_kept(table, kept), shared


def numbered_notes(table: Table) -> tuple[Table, tuple[str, ...]]:
    """The table with numbers for its notes, and the notes."""
    if NOTE not in table.columns:
        return table, ()
    at = table.columns.index(NOTE)
    notes: dict[str, int] = {}
    rows = []
    for row in table.rows:
        parts = [part for part in row[at].text.split(NOTE_SEPARATOR) if part not in ("", NO_VALUE)]
        numbers = ", ".join(str(notes.setdefault(part, len(notes) + 1)) for part in parts)
        rows.append((*row[:at], Cell(numbers), *row[at + 1 :]))
    return replace(table, rows=tuple(rows)), tuple(notes)


def column_blocks(table: Table, width: int, width_of: Callable[[Table, int], int] | None = None) -> list[Table]:
    """Tables of at most ``width`` characters that show all columns; each begins with the names of the rows.

    Args:
        width_of: characters of a column, given its index; :func:`column_width` by default.
    """
    measure = width_of or column_width
    names = [index for index, name in enumerate(table.columns) if name.lower() in ROW_NAMES]
    blocks = [list(names)]
    for index in (index for index in range(len(table.columns)) if index not in names):
        needed = sum(measure(table, at) + GAP for at in (*blocks[-1], index))
        if needed > width and len(blocks[-1]) > len(names):
            blocks.append(list(names))
        blocks[-1].append(index)
    return [columns_kept(table, block) for block in blocks]


def title(column: str) -> str:
    """A column's name as words, which can be broken into lines.

    >>> title("growth_bytes_per_frame")
    'growth bytes per frame'
    """
    return column.replace("_", " ")


def column_width(table: Table, index: int) -> int:
    """Characters that a column needs: its longest cell (texts are folded), or the longest word of its heading."""
    cells = max((len(row[index].text) for row in table.rows if len(row) == len(table.columns)), default=0)
    if not table.numeric[index]:
        cells = min(cells, WIDEST_TEXT)
    return max(cells, *(len(part) for part in title(table.columns[index]).split()))


def columns_kept(table: Table, kept: Sequence[int]) -> Table:
    """The table with these columns alone; a row of one cell, which names those below it, stays."""
    whole = len(table.columns)
    return replace(
        table,
        columns=tuple(table.columns[index] for index in kept),
        numeric=tuple(table.numeric[index] for index in kept),
        rows=tuple(tuple(row[index] for index in kept) if len(row) == whole else row for row in table.rows),
    )
