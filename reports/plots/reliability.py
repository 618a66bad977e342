"""The reliability diagram: the mean IoU of the frames of each confidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd
from matplotlib.figure import Figure

from reports.inputs import ReportTables
from reports.plots.canvas import Plot, canvas, legend_beside, legend_width, line_look, style_handle
from reports.style import Style
from reports.views import View


def draw(tables: ReportTables, view: View | None) -> Iterator[Plot]:
    """One line a tracker whose confidences lie in [0, 1], and the diagonal of a perfect calibration."""
    if view is None:
        return
    rows = tables.reliability[tables.reliability["benchmark"] == view.benchmark]
    rows = rows[rows["tracker"].isin(view.trackers) & (rows["frames"] > 0)]
    if rows.empty:
        return
    own = tables.quality[tables.quality["benchmark"] == view.benchmark]
    errors = dict(zip(map(str, own["tracker"]), own["ece"].astype(float), strict=True))
    caption = (
        f"Reliability of the confidences, {view.title}: mean IoU of the frames in each tenth of the confidence. Below "
        "the diagonal a tracker is surer than it should be. Legend: ECE, lower is better."
    )
    yield Plot("reliability", caption, reliability_figure(rows, errors, view, tables.styles))


def reliability_figure(
    rows: pd.DataFrame, errors: Mapping[str, float], view: View, styles: Mapping[str, Style]
) -> Figure:
    """The figure of the rows of a reliability table with frames in them, the smallest error first in the legend."""
    lines = {str(name): line.sort_values("low") for name, line in rows.groupby("tracker")}
    order = sorted(lines, key=lambda name: errors[name])
    texts = {name: f"[{errors[name]:.3f}] {view.label(name)}" for name in order}
    figure = canvas(3.9 + legend_width(list(texts.values())), 3.5)
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="#888888", linewidth=1, linestyle=(0, (2, 2)))
    for name in reversed(order):
        axes.plot(lines[name]["confidence"], lines[name]["overlap"], **line_look(styles[name]))
    axes.set(xlabel="mean confidence", ylabel="mean IoU", xlim=(0, 1.02), ylim=(0, 1.02))
    axes.set_title(f"Reliability, {view.title}", fontsize=9.5, loc="left")
    legend_beside(figure, [(style_handle(styles[name]), texts[name]) for name in order], "ECE, tracker")
    return figure
