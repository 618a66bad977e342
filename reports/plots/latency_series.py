"""Latency over time: every measured frame, so that slow frames, drift and periods can be seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from reports.inputs import ReportTables
from reports.plots.canvas import Plot, canvas, log_y_axis, shorten
from reports.style import Style
from reports.views import View

HEIGHT = 1.25


def draw(tables: ReportTables, view: View | None) -> Iterator[Plot]:
    """One plot for each scope of a profile: a strip a tracker, in the order of measurement."""
    if view is None:
        for scope, part in tables.profile_by_scope("frames"):
            yield _plot(part, scope, tables.styles)


def _plot(frames: pd.DataFrame, scope: str, styles: Mapping[str, Style]) -> Plot:
    parts = list(frames.groupby("tracker", sort=False))
    figure = canvas(7.0, 0.7 + HEIGHT * len(parts))
    grid = figure.subplots(len(parts), 1, squeeze=False)
    for axes, (name, part) in zip(grid[:, 0], parts, strict=True):
        colour = styles[str(name)].colour
        axes.plot(part["frame"], part["milliseconds"], ".", color=colour, markersize=2)
        axes.axhline(float(part["milliseconds"].median()), color="black", linewidth=0.8)
        log_y_axis(axes)
        axes.set_ylabel("ms")
        axes.set_title(shorten(str(name)), loc="left", fontsize=8.5)
    grid[-1, 0].set_xlabel("measured frame")
    caption = f"Latency of every measured frame in the scope {scope}, in the order of measurement; line = median."
    return Plot(f"latency_over_time_{scope}", caption, figure)
