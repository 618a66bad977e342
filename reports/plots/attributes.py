"""The headline metric by challenge attribute: a radar of the best trackers, and bars (or dots) of all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.projections.polar import PolarAxes

from evalkit.scoring.metrics import label_of
from reports.inputs import ReportTables
from reports.plots.canvas import Plot, canvas, legend_beside, legend_width, line_look, style_handle, titled
from reports.style import Style
from reports.views import View

MOST_IN_RADAR = 8
MOST_BARS = 6


def draw(tables: ReportTables, view: View | None) -> Iterator[Plot]:
    """Radar (from three attributes on) and bars, where the benchmark has attributes."""
    if view is None:
        return
    rows = tables.attributes
    rows = rows[(rows["benchmark"] == view.benchmark) & (rows["protocol"] == view.protocol)]
    rows = rows[rows["metric"] == view.headline]
    if rows.empty:
        return
    table = rows.pivot_table(index="tracker", columns="attribute", values="value", sort=False)
    table = table.reindex(view.named.legend([name for name in view.trackers if name in table.index]))
    counts = rows.groupby("attribute", sort=False)["sequences"].max()
    names = {str(attribute): f"{attribute} ({count})" for attribute, count in counts.items()}
    metric = label_of(str(view.headline))
    basis = f"{metric} by attribute, {view.title}, protocol {view.protocol}; in brackets the number of sequences."
    if len(table.columns) >= 3:
        best = table.loc[view.named.legend(view.best(MOST_IN_RADAR, table.index))]
        limit = f" The best {len(best)} of {len(table)} trackers." if len(best) < len(table) else ""
        yield Plot("attributes_radar", basis + limit, _radar(best, names, metric, view, tables.styles))
    yield Plot("attributes_bars", basis, _bars(table, names, metric, view, tables.styles))


def _radar(
    table: pd.DataFrame, names: Mapping[str, str], metric: str, view: View, styles: Mapping[str, Style]
) -> Figure:
    texts = {tracker: view.label(tracker) for tracker in table.index}
    figure = canvas(4.6 + legend_width(list(texts.values())), 4.4)
    axes = figure.subplots(subplot_kw={"projection": "polar"})
    assert isinstance(axes, PolarAxes)
    angles = np.linspace(0, 2 * np.pi, len(table.columns), endpoint=False)
    for tracker in reversed(table.index):
        values = table.loc[tracker].to_numpy()
        look = line_look(styles[tracker])
        axes.plot(np.append(angles, angles[0]), np.append(values, values[0]), **look)
    axes.set_theta_zero_location("N")
    axes.set_theta_direction(-1)
    axes.set_xticks(angles, [names[attribute] for attribute in table.columns])
    axes.tick_params(axis="x", pad=8)
    top = float(np.nanmax(table.to_numpy()))
    axes.set_ylim(0, max(0.1, np.ceil(10 * top) / 10))
    axes.tick_params(axis="y", labelsize=7, labelcolor="#555555")
    titled(axes, f"{metric} by attribute, {view.title}", view.protocol)
    legend_beside(figure, [(style_handle(styles[tracker]), texts[tracker]) for tracker in table.index])
    return figure


def _bars(
    table: pd.DataFrame, names: Mapping[str, str], metric: str, view: View, styles: Mapping[str, Style]
) -> Figure:
    texts = {tracker: view.label(tracker) for tracker in table.index}
    figure = canvas(max(3.0, 0.75 * len(table.columns)) + legend_width(list(texts.values())), 3.5)
    axes = figure.subplots()
    places = np.arange(len(table.columns))
    if len(table) <= MOST_BARS:
        width = 0.8 / len(table)
        for index, tracker in enumerate(table.index):
            offset = (index - (len(table) - 1) / 2) * width
            axes.bar(places + offset, table.loc[tracker], width * 0.92, color=styles[tracker].colour)
        axes.set_ylim(bottom=0)
    else:  # too many bars to tell apart: a dot a tracker
        for tracker in reversed(table.index):
            axes.plot(places, table.loc[tracker], **{**line_look(styles[tracker]), "linestyle": "none"})
    axes.set_xticks(places, [names[attribute] for attribute in table.columns], rotation=45, ha="right")
    axes.set(ylabel=metric, xlim=(-0.6, len(places) - 0.4))
    axes.grid(visible=False, axis="x")
    titled(axes, f"{metric} by attribute, {view.title}", view.protocol)
    legend_beside(figure, [(style_handle(styles[tracker]), texts[tracker]) for tracker in table.index])
    return figure
