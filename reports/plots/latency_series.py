"""Latency over time: every measured frame, so that slow frames, drift and periods can be seen."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from reports.plots.canvas import Plot, canvas, log_y_axis, shorten
from reports.style import Style

HEIGHT = 1.25


def draw(frames: pd.DataFrame, scope: str, styles: Mapping[str, Style]) -> Plot:
    """One strip a tracker; ``frames`` has tracker, frame, milliseconds of one scope, in the order of measurement."""
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
