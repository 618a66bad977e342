"""What further threads bring: speed-up over the fewest threads measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from reports.inputs import ReportTables
from reports.plots.canvas import Plot, canvas, legend_beside, line_look
from reports.style import Style
from reports.views import View


def draw(tables: ReportTables, view: View | None) -> Iterator[Plot]:
    """One plot for each scope that a profile has of several numbers of threads: a line a tracker."""
    if view is None:
        for scope, part in tables.profile_by_scope("scaling"):
            yield _plot(part, scope, tables.styles)


def _plot(scaling: pd.DataFrame, scope: str, styles: Mapping[str, Style]) -> Plot:
    figure = canvas(6.8, 3.6)
    axes = figure.subplots()
    most = int(scaling["threads"].max())
    entries = []
    for name, part in scaling.groupby("tracker", sort=False):
        ordered = part.sort_values("threads")
        times = ordered["p50_ms"].astype(float)
        (line,) = axes.plot(ordered["threads"], times.iloc[0] / times, **line_look(styles[str(name)]))
        entries.append((line, str(name)))
    (ideal,) = axes.plot([1, most], [1, most], color="#999999", linewidth=0.8, linestyle=":")
    axes.set(xlabel="threads", ylabel="speed-up of the median", xticks=range(1, most + 1))
    axes.set_title(f"Thread scaling, scope {scope}", loc="left")
    legend_beside(figure, [*entries, (ideal, "ideal")])
    return Plot(f"thread_scaling_{scope}", f"Speed-up of the median latency by threads, scope {scope}.", figure)
