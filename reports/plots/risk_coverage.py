"""The risk-coverage figure: the error of the frames of which trackers are surest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd
from matplotlib.figure import Figure

from reports.inputs import ReportTables
from reports.plots.canvas import Plot, canvas, legend_beside, legend_width, line_look, style_handle
from reports.style import Style
from reports.views import View


def draw(tables: ReportTables, view: View | None) -> Iterator[Plot]:
    """One curve a tracker with confidences."""
    if view is None:
        return
    rows = tables.risks[(tables.risks["benchmark"] == view.benchmark) & tables.risks["tracker"].isin(view.trackers)]
    if rows.empty:
        return
    own = tables.quality[tables.quality["benchmark"] == view.benchmark]
    areas = dict(zip(map(str, own["tracker"]), own["aurc"].astype(float), strict=True))
    caption = (
        f"Risk over coverage, {view.title}: mean of 1 - IoU of the given share of the frames, those with the highest "
        "confidence first; at 1 the risk of all frames. Legend: AURC, lower is better."
    )
    yield Plot("risk_coverage", caption, risk_figure(rows, areas, view, tables.styles))


def risk_figure(rows: pd.DataFrame, areas: Mapping[str, float], view: View, styles: Mapping[str, Style]) -> Figure:
    """The figure of the rows of a risk table, the smallest area first in the legend."""
    lines = {str(name): line.sort_values("coverage") for name, line in rows.groupby("tracker")}
    order = sorted(lines, key=lambda name: areas[name])
    texts = {name: f"[{areas[name]:.3f}] {view.label(name)}" for name in order}
    figure = canvas(4.3 + legend_width(list(texts.values())), 3.5)
    axes = figure.subplots()
    for index, name in enumerate(reversed(order)):
        every = (0.13 * ((index * 0.382) % 1), 0.13)
        axes.plot(lines[name]["coverage"], lines[name]["risk"], markevery=every, **line_look(styles[name]))
    axes.set(xlabel="coverage: share of the frames, the surest first", ylabel="risk: mean of 1 - IoU", xlim=(0, 1))
    axes.set_ylim(bottom=0)
    axes.set_title(f"Risk over coverage, {view.title}", fontsize=9.5, loc="left")
    legend_beside(figure, [(style_handle(styles[name]), texts[name]) for name in order], "AURC, tracker")
    return figure
