"""Overlap and score over the frames of one sequence, with the spans shaded in which the target is absent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from reports.inputs import ReportTables
from reports.plots.canvas import Plot, canvas, legend_beside, legend_width, line_look, style_handle
from reports.style import Style
from reports.views import View

MOST_LINES = 6


def draw(tables: ReportTables, view: View | None) -> Iterator[Plot]:
    """The sequence on which the trackers differ most (the HTML page has them all), for the best trackers."""
    if view is None:
        return
    rows = tables.frames[tables.frames["benchmark"] == view.benchmark]
    if rows.empty or view.headline is None:
        return
    table = view.per_sequence(view.headline)
    shown = set(rows["sequence"].unique())
    table = table[[name for name in table.columns if name in shown]]
    if table.empty:
        return
    spread = (table.max() - table.min()).fillna(0.0)
    sequence = str(spread.idxmax())
    best = [str(name) for name in table[sequence].dropna().sort_values(ascending=False, kind="stable").index]
    best = [*best[: MOST_LINES - 1], best[-1]] if len(best) > MOST_LINES else best
    best = view.named.legend(best)
    figure = _figure(rows[rows["sequence"] == sequence], best, sequence, view, tables.styles)
    caption = (
        f"Overlap and score over time, {view.benchmark}/{sequence}, where the trackers differ most; shaded: absent."
    )
    yield Plot("timeline", caption, figure)


def absent_spans(absent: ArrayLike) -> list[tuple[int, int]]:
    """First frame and one past the last of every run of true values.

    >>> absent_spans([False, True, True, False, True])
    [(1, 3), (4, 5)]
    """
    steps = np.diff(np.concatenate([[0], np.asarray(absent, dtype=np.int8), [0]]))
    return list(zip(np.flatnonzero(steps == 1).tolist(), np.flatnonzero(steps == -1).tolist(), strict=True))


def _figure(rows: pd.DataFrame, order: list[str], sequence: str, view: View, styles: Mapping[str, Style]) -> Figure:
    texts = {name: view.label(name) for name in order}
    scored = rows["score"].notna().any()
    figure = canvas(6.2 + legend_width(list(texts.values())), 3.8 if scored else 2.4)
    panels = figure.subplots(2 if scored else 1, 1, sharex=True, squeeze=False)[:, 0]
    by_tracker = {str(name): part.sort_values("frame") for name, part in rows.groupby("tracker", observed=True)}
    for column, axes in zip(("iou", "score"), panels, strict=False):
        _panel(axes, column, {name: by_tracker[name] for name in order if name in by_tracker}, styles)
    panels[-1].set_xlabel("frame")
    panels[0].set_title(f"{view.benchmark}/{sequence}", fontsize=9.5, loc="left")
    legend_beside(figure, [(style_handle(styles[name]), texts[name]) for name in order])
    return figure


def _panel(axes: Axes, column: str, lines: Mapping[str, pd.DataFrame], styles: Mapping[str, Style]) -> None:
    for name in reversed(list(lines)):
        frames = lines[name]
        look = {**line_look(styles[name]), "linewidth": 2.2 if styles[name].bold else 1.1, "markersize": 3.5}
        axes.plot(frames["frame"], pd.to_numeric(frames[column]), markevery=0.08, **look)
    first = next(iter(lines.values()))
    start = int(first["frame"].iloc[0])
    for begin, end in absent_spans(first["absent"].fillna(False).astype(bool)):
        axes.axvspan(start + begin - 0.5, start + end - 0.5, color="#000000", alpha=0.12, linewidth=0)
    axes.set_ylabel("IoU" if column == "iou" else "score")
    axes.set_ylim(-0.02, 1.02 if column == "iou" else None)
