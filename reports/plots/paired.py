"""The best tracker against its followers, sequence by sequence: who wins where, and by how much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from evalkit.scoring.metrics import label_of
from evalkit.types import Vector
from reports.inputs import ReportTables
from reports.plots.canvas import Plot, canvas, shorten
from reports.style import Style
from reports.views import View

MOST_PANELS = 4
MOST_NAMED = 40
MOST_BARS = 600
"""Sequences that get a bar; of more, which are narrower than a line, the outline is filled."""


def draw(tables: ReportTables, view: View | None) -> Iterator[Plot]:
    """A panel for each of the next best trackers; nothing for a single tracker."""
    if view is None or view.headline is None:
        return
    table = view.per_sequence(view.headline)
    if len(table) < 2:
        return
    best = view.leader if view.leader in table.index else str(table.index[0])
    others = view.best(MOST_PANELS, [name for name in table.index if name != best])
    named = len(table.columns) <= MOST_NAMED
    figure = canvas(max(5.5, 0.16 * len(table.columns) if named else 7.5), 1.75 * len(others) + (1.2 if named else 0.5))
    by_sequence = table.T
    panels = figure.subplots(len(others), 1, squeeze=False, sharey=True)[:, 0]
    metric = label_of(view.headline)
    for axes, other in zip(panels, others, strict=True):
        difference = (by_sequence[best] - by_sequence[other]).dropna()
        _panel(axes, difference, best, other, metric, view, tables.styles, named=named)
    figure.suptitle(f"{metric} differences by sequence, {view.title}, protocol: {view.protocol}", fontsize=9.5)
    caption = (
        f"{metric} of {view.label(best)} minus that of the next best trackers, sequence by sequence and sorted, "
        f"{view.title}, protocol {view.protocol}."
    )
    yield Plot("paired_difference", caption, figure)


def _panel(
    axes: Axes,
    difference: pd.Series[float],
    best: str,
    other: str,
    metric: str,
    view: View,
    styles: Mapping[str, Style],
    *,
    named: bool,
) -> None:
    values = difference.sort_values(ascending=False, kind="stable")
    look = [(styles[best].colour, ""), (styles[other].colour, "////")]  # told apart in grey too
    if len(values) > MOST_BARS:
        _outlines(axes, np.asarray(values, dtype=np.float64), look)
    else:
        colours, hatches = zip(*(look[value <= 0] for value in values), strict=True) if len(values) else ((), ())
        axes.bar(np.arange(len(values)), values, color=colours, hatch=hatches, edgecolor="white", linewidth=0.2)
    axes.axhline(0, color="black", linewidth=0.8)
    axes.set(xlim=(-0.8, max(1, len(values)) - 0.2), ylabel=f"{metric} difference")
    axes.grid(visible=False, axis="x")
    names = [shorten(str(name), 22) for name in values.index]
    axes.set_xticks(np.arange(len(values)) if named else [], names if named else [], rotation=90, fontsize=6)
    won, lost = int((values > 0).sum()), int((values < 0).sum())
    mean = values.mean() if len(values) else float("nan")
    text = f"{shorten(view.label(best))} better on {won}, {shorten(view.label(other))} on {lost}; mean {mean:+.3f}"
    axes.set_title(text, fontsize=8, loc="left")


def _outlines(axes: Axes, values: Vector, look: Sequence[tuple[str, str]]) -> None:
    """The bars of (N,) falling differences as two areas: above 0, and the rest."""
    won = int((values > 0).sum())
    for begin, end, (colour, hatch) in ((0, won, look[0]), (won, len(values), look[1])):
        if end > begin:
            edges = np.arange(begin, end + 1) - 0.5
            axes.stairs(
                values[begin:end], edges, fill=True, facecolor=colour, hatch=hatch, edgecolor="white", linewidth=0
            )
