"""The headline metric of every tracker on every sequence, as one picture."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from evalkit.scoring.metrics import label_of
from reports.inputs import ReportTables
from reports.plots.canvas import Plot, canvas, shorten, titled
from reports.views import View

MOST_WITH_FIGURES = 16
CELL_WIDTH, CELL_HEIGHT = 0.15, 0.19
WIDE_CELL = 0.42
MOST_IN_ROW = 50
MOST_NAMED = 600
"""Sequences that are named; of more, a picture of readable names would be metres high."""
NARROW_CELL, MOST_NARROW = 0.03, 250
LONGEST_SEQUENCE = 26
DARK_BELOW = 0.5


def draw(tables: ReportTables, view: View | None) -> Iterator[Plot]:
    """Trackers (best on top) x sequences (hardest left)."""
    if view is None or view.headline is None:
        return
    table = view.per_sequence(view.headline)
    if table.empty:
        return
    table = table[table.mean().sort_values(kind="stable").index]
    metric = label_of(view.headline)
    caption = f"{metric} of every sequence, hardest left, {view.title}, protocol {view.protocol}. Empty: no result."
    if len(table.columns) > MOST_NAMED:
        caption += " Too many to be named here: the table of sequences has them."
    yield Plot("heatmap", caption, _figure(table, metric, view))


def _figure(table: pd.DataFrame, metric: str, view: View) -> Figure:
    named, printed = len(table.columns) <= MOST_NAMED, len(table.columns) <= MOST_WITH_FIGURES
    most, cell = (MOST_IN_ROW, WIDE_CELL if printed else CELL_WIDTH) if named else (MOST_NARROW, NARROW_CELL)
    parts = [table.iloc[:, start : start + most] for start in range(0, len(table.columns), most)]
    names = [shorten(view.label(tracker)) for tracker in table.index]
    longest = max(len(shorten(str(name), LONGEST_SEQUENCE)) for name in table.columns) if named else 0
    columns = len(parts[0].columns)
    width = columns * cell + 0.075 * max(map(len, names)) + 1.1
    height = len(parts) * (len(table) * CELL_HEIGHT + 0.062 * longest + 0.15) + 0.6
    figure = canvas(max(3.8, width), max(1.9, height))
    panels = figure.subplots(len(parts), 1, squeeze=False)[:, 0]
    for axes, part in zip(panels, parts, strict=True):
        image = axes.imshow(part, vmin=0, vmax=1, cmap="cividis", aspect="auto", interpolation="nearest")
        axes.set_xlim(-0.5, columns - 0.5)  # the last row of cells is as wide as the others'
        sequences = [shorten(str(name), LONGEST_SEQUENCE) for name in part.columns] if named else []
        axes.set_xticks(np.arange(len(sequences)), sequences, rotation=90, fontsize=6.5)
        axes.set_yticks(np.arange(len(names)), names, fontsize=8)
        axes.grid(visible=False)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        if printed:
            _write_figures(axes, part)
    figure.colorbar(image, ax=list(panels), label=metric, fraction=0.05, pad=0.01, aspect=max(8, 4 * height))
    titled(panels[0], f"{metric} by sequence, {view.title}", view.protocol)
    return figure


def _write_figures(axes: Axes, table: pd.DataFrame) -> None:
    for (row, column), value in np.ndenumerate(table.to_numpy()):
        if np.isfinite(value):
            ink = "white" if value < DARK_BELOW else "black"
            axes.text(column, row, f"{100 * value:.0f}", ha="center", va="center", fontsize=7, color=ink)
