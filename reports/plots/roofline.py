"""Roofline: achieved arithmetic against what the machine's memory and arithmetic allow."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from reports.plots.canvas import Plot, canvas, legend_beside, log_axis, style_handle
from reports.style import Style


def draw(roofline: pd.DataFrame, styles: Mapping[str, Style]) -> Plot:
    """``roofline`` has tracker, threads, flops_per_byte, gflops and the ceilings peak_gflops and peak_gbytes."""
    figure = canvas(7.4, 4.0)
    axes = figure.subplots()
    intensities = roofline["flops_per_byte"].astype(float)
    entries = []
    for (threads, gflops, gbytes), _ in roofline.groupby(["threads", "peak_gflops", "peak_gbytes"], sort=True):
        ridge = gflops / gbytes
        span = np.geomspace(min(intensities.min(), ridge) / 3, max(intensities.max(), ridge) * 3, 200)
        axes.plot(span, np.minimum(gflops, gbytes * span), color="#444444", linewidth=0.6 + 0.5 * int(threads))
        label = f"{threads} thread{'s' if threads > 1 else ''}: {gflops:.0f} GFLOP/s, {gbytes:.1f} GB/s"
        entries.append((Line2D([], [], color="#444444", linewidth=0.6 + 0.5 * int(threads)), label))
    for name, x, y in zip(roofline["tracker"], intensities, roofline["gflops"].astype(float), strict=True):
        style = styles[str(name)]
        axes.plot(x, y, linestyle="none", marker=style.marker, color=style.colour, markersize=7)
        entries.append((style_handle(style), str(name)))
    log_axis(axes)
    axes.set_yscale("log")
    axes.set(xlabel="FLOPs a byte moved, if nothing is fused", ylabel="GFLOP/s")
    axes.set_title("Roofline, scope model", loc="left")
    legend_beside(figure, entries)
    caption = "Achieved GFLOP/s against the measured ceilings of matrix products and of memory."
    return Plot("roofline", caption, figure)
