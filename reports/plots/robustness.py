"""What is left of scores: a heat map of trackers x variations, curves over severities, accuracy by frame budget."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from evalkit.robustness.columns import REAL_TIME, spelled
from evalkit.scoring.metrics import label_of
from reports.inputs import ReportTables
from reports.plots.canvas import Plot, canvas, legend_beside, line_look, shorten, style_handle, titled
from reports.views import View

IN_A_ROW = 4
DARK_BELOW = 50.0


def draw(tables: ReportTables, view: View | None) -> Iterator[Plot]:
    """The plots of a benchmark that trackers were run on under variations."""
    if view is None:
        return
    rows = tables.robustness
    rows = rows[(rows["benchmark"] == view.benchmark) & (rows["protocol"] == view.protocol)].dropna(subset=["value"])
    if rows.empty:
        return
    metric, timed = label_of(str(rows["metric"].iloc[0])), rows["variation"] == REAL_TIME
    label = f"{metric}, {view.title}, protocol {view.protocol}"
    if not rows[~timed].empty:
        yield Plot(
            "robustness_heatmap",
            f"What is left of the clean figure under each variation, in per cent. {label}. Empty: not run.",
            _heatmap(rows[~timed], view, metric),
        )
    curves = _with_severities(rows[~timed])
    if not curves.empty:
        caption = f"{metric} over severities; 0 is the clean figure. {label}."
        yield Plot("robustness_severity", caption, _severities(curves, tables, view, metric))
    if timed.any():
        caption = (
            f"{metric} by frames a second of the camera; VOT's real-time rule, replayed from measured latencies; left: "
            f"no limit. {label}."
        )
        yield Plot("robustness_real_time", caption, _real_time(rows[timed], tables, view, metric))


def _heatmap(rows: pd.DataFrame, view: View, metric: str) -> Figure:
    names = [spelled(name, level) for name, level in zip(rows["variation"], rows["level"], strict=True)]
    left = rows.assign(name=names, left=100 * rows["value"] / rows["clean"].where(rows["clean"] > 0))
    table = left.pivot_table(index="tracker", columns="name", values="left", sort=False)
    table = table.loc[[name for name in view.trackers if name in table.index]]
    figure = canvas(max(4.5, 0.36 * len(table.columns) + 2.6), max(2.4, 0.3 * len(table) + 1.9))
    axes = figure.subplots()
    image = axes.imshow(table, vmin=0, vmax=100, cmap="cividis", aspect="auto", interpolation="nearest")
    axes.set_xticks(np.arange(len(table.columns)), list(table.columns), rotation=90, fontsize=7)
    axes.set_yticks(np.arange(len(table)), [shorten(view.label(str(name))) for name in table.index], fontsize=8)
    axes.grid(visible=False)
    axes.tick_params(length=0)
    for (row, column), value in np.ndenumerate(table.to_numpy()):
        if np.isfinite(value):
            ink = "white" if value < DARK_BELOW else "black"
            axes.text(column, row, f"{value:.0f}", ha="center", va="center", fontsize=6.5, color=ink)
    figure.colorbar(image, ax=axes, label=f"% of clean {metric}", fraction=0.05, pad=0.01)
    titled(axes, f"{metric} left under variations, {view.title}", view.protocol)
    return figure


def _with_severities(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of variations that have several severities."""
    several = rows.groupby("variation")["level"].transform("nunique") > 1
    return rows[several]


def _severities(rows: pd.DataFrame, tables: ReportTables, view: View, metric: str) -> Figure:
    names = list(dict.fromkeys(rows["variation"]))
    across = min(IN_A_ROW, len(names))
    down = -(-len(names) // across)
    figure = canvas(2.0 * across + 2.2, 1.7 * down + 0.6)
    panels = figure.subplots(down, across, squeeze=False, sharex=True, sharey=True)
    for axes, name in zip(panels.flat, names, strict=False):
        for tracker, part in rows[rows["variation"] == name].groupby("tracker", sort=False):
            ordered = part.sort_values("level")
            levels = [0, *ordered["level"]]
            values = [100 * value for value in (ordered["clean"].iloc[0], *ordered["value"])]
            axes.plot(levels, values, **line_look(tables.styles[str(tracker)]))
        axes.set_title(name, fontsize=8, loc="left")
        axes.set_ylim(bottom=0)
    for axes in panels.flat[len(names) :]:
        axes.set_visible(False)
    figure.supxlabel("severity", fontsize=8)
    figure.supylabel(f"{metric} (%)", fontsize=8)
    _legend(figure, rows, tables, view)
    return figure


def _real_time(rows: pd.DataFrame, tables: ReportTables, view: View, metric: str) -> Figure:
    figure = canvas(5.6, 3.2)
    axes = figure.subplots()
    budgets = sorted(set(rows["level"]))
    places = {level: place for place, level in enumerate(budgets, 1)}
    for tracker, part in rows.groupby("tracker", sort=False):
        ordered = part.sort_values("level")
        values = [100 * value for value in (ordered["clean"].iloc[0], *ordered["value"])]
        axes.plot([0, *(places[level] for level in ordered["level"])], values, **line_look(tables.styles[str(tracker)]))
    names = ["no limit", *(f"{fps}\n{1000 / fps:.0f} ms" for fps in budgets)]
    axes.set_xticks(range(len(names)), names)
    axes.set_xlabel("frames a second")
    axes.set_ylabel(f"{metric} (%)")
    axes.set_ylim(bottom=0)
    titled(axes, f"{metric} against frame budget, {view.title}", view.protocol)
    _legend(figure, rows, tables, view)
    return figure


def _legend(figure: Figure, rows: pd.DataFrame, tables: ReportTables, view: View) -> None:
    trackers = [name for name in view.trackers if name in set(rows["tracker"])]
    legend_beside(figure, [(style_handle(tables.styles[name]), view.label(name)) for name in trackers])
