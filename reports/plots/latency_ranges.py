"""Latency as ranges: median, 90th and 99th percentile of every tracker in one scope."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from reports.inputs import ReportTables
from reports.plots.canvas import Plot, canvas, log_axis, shorten
from reports.views import View

PERCENTILES = (
    ("p50_ms", "median", "#0072b2", "o"),
    ("p90_ms", "p90", "#e69f00", "|"),
    ("p99_ms", "p99", "#333333", "|"),
)


def draw(tables: ReportTables, view: View | None) -> Iterator[Plot]:
    """One plot for each scope of a profile: a group a tracker, fastest on top."""
    if view is None:
        for scope, part in tables.profile_by_scope("latency"):
            yield _plot(part, scope)


def _plot(latencies: pd.DataFrame, scope: str) -> Plot:
    table = latencies.sort_values("p50_ms", kind="stable")
    figure = canvas(7.0, 1.3 + 0.5 * len(table))
    axes = figure.subplots()
    rows = np.arange(len(table))
    # No bars: on a logarithmic axis their lengths would say nothing.
    axes.hlines(rows, table["p50_ms"].astype(float), table["p99_ms"].astype(float), color="#c4c4c4", linewidth=2.0)
    for column, label, colour, marker in PERCENTILES:
        axes.scatter(table[column].astype(float), rows, 34, color=colour, marker=marker, label=label, zorder=3)
    for row, median in enumerate(table["p50_ms"].astype(float)):
        axes.annotate(f"{median:.2f}", (median, row), (0, 6), textcoords="offset points", ha="center", fontsize=7.5)
    log_axis(axes)
    axes.set_ylim(-0.6, len(table) - 0.4)
    axes.set_yticks(rows, [shorten(str(name)) for name in table["tracker"]])
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("milliseconds a frame")
    axes.set_title(f"Latency, scope {scope}", loc="left")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=len(PERCENTILES))
    return Plot(f"latency_{scope}", f"Latency of a frame in the scope {scope}: median, p90 and p99.", figure)
