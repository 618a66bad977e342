"""How a table is written on a terminal whose width it has to fit."""

from __future__ import annotations

from textwrap import fill

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from evalkit.shown import one_line
from reports.cells import Table
from reports.layout import (
    GAP,
    WIDEST_TEXT,
    column_blocks,
    column_width,
    numbered_notes,
    shared_settings,
    title,
)


def print_table(table: Table, console: Console) -> None:
    """Caption, the settings that all rows share, the columns in as many blocks as the width asks for, the notes."""
    console.print(Text(table.name.capitalize(), style="bold"))
    console.print(Text(one_line(table.caption, folded=True), style="dim"))
    shown, shared = shared_settings(table)
    shown, notes = numbered_notes(shown)
    if shared:
        console.print(Text(one_line(", ".join(f"{name} {value}" for name, value in shared.items()), folded=True)))
    for block in column_blocks(shown, console.width):
        console.print()
        console.print(_grid(block))
    for number, note in enumerate(notes, 1):
        console.print(Text(one_line(f"note {number}: {note}", folded=True)))


def _grid(table: Table) -> Grid:
    grid = Grid(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, GAP - 1, 0, 0))  # and 1 of the box
    for index, (name, numeric) in enumerate(zip(table.columns, table.numeric, strict=True)):
        heading = fill(title(name), column_width(table, index), break_long_words=False)
        if numeric:
            grid.add_column(heading, justify="right")
        else:
            grid.add_column(heading, overflow="fold", max_width=WIDEST_TEXT)
    for row in table.rows:
        grid.add_row(*(Text(one_line(cell.text, folded=True)) for cell in row))
    return grid
