"""What further threads bring: speed-up over the fewest threads measured."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from reports.plots.canvas import Plot, canvas, legend_beside, line_look
from reports.style import Style


def draw(scaling: pd.DataFrame, scope: str, styles: Mapping[str, Style]) -> Plot:
    """One line a tracker; ``scaling`` has tracker, threads, p50_ms of one scope."""
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
