"""How long frames took: median, the middle 80 %, the 99th percentile and the slowest frame of every tracker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from evalkit.results.latencies import percentile
from evalkit.types import Vector
from reports.inputs import ReportTables
from reports.plots.canvas import Plot, canvas, log_axis, shorten
from reports.speeds import common_setting
from reports.style import Style
from reports.views import View

PERCENTILES = (1, 10, 90, 99)


def draw(tables: ReportTables, view: View | None) -> Iterator[Plot]:
    """One row a tracker, fastest on top."""
    if view is None:
        return
    rows = tables.latencies
    rows = rows[(rows["benchmark"] == view.benchmark) & (rows["milliseconds"] > 0)]
    if rows.empty:
        return
    percentiles = {
        str(name): _ranges(np.sort(part.to_numpy(dtype=np.float64)))
        for name, part in rows.groupby("tracker", observed=True)["milliseconds"]
        if name in view.labels
    }
    table = pd.DataFrame(dict(sorted(percentiles.items(), key=lambda item: item[1][2]))).T
    speeds = tables.speeds[tables.speeds["benchmark"] == view.benchmark]
    setting = common_setting(speeds)
    caption = (
        f"Time of a frame on {view.benchmark}{setting}: tick = median, bar = 10th to 90th percentile, "
        "line = 1st to 99th, dot = slowest."
    )
    yield Plot("latency", caption, _figure(table, setting, view, tables.styles))


def _ranges(ordered: Vector) -> list[float]:
    """1st and 10th percentile, median, 90th and 99th percentile, and the slowest of (N,) rising times."""
    low, from_, to, high = (percentile(ordered, percent) for percent in PERCENTILES)
    return [low, from_, float(np.median(ordered)), to, high, float(ordered[-1])]


def _figure(table: pd.DataFrame, setting: str, view: View, styles: Mapping[str, Style]) -> Figure:
    figure = canvas(7.0, 1.1 + 0.24 * len(table))
    axes = figure.subplots()
    for row, (tracker, values) in enumerate(table.iterrows()):
        style = styles[str(tracker)]
        low, from_, middle, to, high, slowest = values
        axes.plot([low, high], [row, row], color=style.colour, linewidth=1)
        axes.plot([from_, to], [row, row], color=style.colour, linewidth=6, solid_capstyle="butt", alpha=0.75)
        axes.plot([middle], [row], color="black", marker="|", markersize=9, markeredgewidth=1.6)
        axes.plot([slowest], [row], color=style.colour, marker="o", markersize=3.5, markerfacecolor="white")
    log_axis(axes)
    axes.set_yticks(range(len(table)), [shorten(view.label(str(name))) for name in table.index])
    axes.set_ylim(len(table) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("milliseconds a frame")
    axes.set_title(f"Latency, {view.benchmark}{setting}", fontsize=9.5, loc="left")
    return figure
