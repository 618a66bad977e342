"""Roofline: achieved arithmetic against what the machine's memory and arithmetic allow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from reports.inputs import ReportTables
from reports.plots.canvas import Plot, canvas, legend_beside, log_axis, log_y_axis, style_handle
from reports.style import Style
from reports.views import View


def draw(tables: ReportTables, view: View | None) -> Iterator[Plot]:
    """One plot of a profile's trackers below the ceilings of its machine."""
    if view is None and not (roofline := tables.profile("roofline")).empty:
        yield _plot(roofline, tables.styles)


def _plot(roofline: pd.DataFrame, styles: Mapping[str, Style]) -> Plot:
    figure = canvas(7.4, 4.0)
    axes = figure.subplots()
    intensities = roofline["flops_per_byte"].astype(float)
    entries = []
    limits = roofline[["threads", "peak_gflops", "peak_gbytes"]].drop_duplicates().astype(float)
    for threads, gflops, gbytes in limits.to_numpy():
        ridge = gflops / gbytes
        span = np.geomspace(min(intensities.min(), ridge) / 3, max(intensities.max(), ridge) * 3, 200)
        grey = {"color": "#444444", "linewidth": 0.6 + 0.5 * threads}
        axes.plot(span, np.minimum(gflops, gbytes * span), **grey)
        label = f"{threads:.0f} thread{'s' if threads > 1 else ''}: {gflops:.0f} GFLOP/s, {gbytes:.1f} GB/s"
        entries.append((Line2D([], [], **grey), label))
    for name, x, y in zip(roofline["tracker"], intensities, roofline["gflops"].astype(float), strict=True):
        style = styles[str(name)]
        axes.plot(x, y, linestyle="none", marker=style.marker, color=style.colour, markersize=7)
        entries.append((style_handle(style), str(name)))
    log_axis(axes)
    log_y_axis(axes)
    axes.set(xlabel="FLOPs a byte moved, if nothing is fused", ylabel="GFLOP/s")
    axes.set_title("Roofline, scope model", loc="left")
    legend_beside(figure, entries)
    caption = "Achieved GFLOP/s against the measured ceilings of matrix products and of memory."
    return Plot("roofline", caption, figure)
