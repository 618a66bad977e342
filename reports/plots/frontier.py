"""Accuracy against the latency that a profile measured, with the Pareto line: what no other tracker beats in both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from evalkit.scoring.metrics import label_of
from reports.inputs import ReportTables
from reports.plots.canvas import Plot, canvas, log_axis, titled
from reports.plots.speed_accuracy import Bubble, draw_measured, measured_bubbles, write_names
from reports.speeds import common_setting
from reports.style import Style
from reports.views import View

SCOPES = ("track", "model")
LINE = "#999999"


def draw(tables: ReportTables, view: View | None) -> Iterator[Plot]:
    """One plot for each scope, device and number of threads in which two scored trackers were measured."""
    latency = tables.profile("latency")
    if view is None or view.headline is None or latency.empty or "threads" not in latency:
        return
    scored = view.overall[view.headline].dropna().index
    for scope in SCOPES:
        rows = latency[(latency["scope"] == scope) & latency["tracker"].isin(scored)]
        for index, (_, part) in enumerate(rows.groupby(["threads", "device"], dropna=False)):
            bubbles = measured_bubbles(part, "p50_ms", tables.facts, view)
            if len(bubbles) > 1:
                name = f"frontier_{scope}" if index == 0 else f"frontier_{scope}_{index + 1}"
                setting = common_setting(part)
                yield Plot(name, _caption(view, setting), _figure(bubbles, view, setting, tables.styles))


def pareto(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Those of the points (latency, score) that no other one equals or beats in both, the fastest first.

    >>> pareto([(2.0, 0.5), (1.0, 0.4), (3.0, 0.5), (4.0, 0.7)])
    [(1.0, 0.4), (2.0, 0.5), (4.0, 0.7)]
    """
    best: list[tuple[float, float]] = []
    for latency, score in sorted(set(points), key=lambda point: (point[0], -point[1])):
        if not best or score > best[-1][1]:
            best.append((latency, score))
    return best


def _caption(view: View, setting: str) -> str:
    return (
        f"{label_of(str(view.headline))} against the median latency of a profile{setting}, {view.title}, protocol "
        f"{view.protocol}; trackers on the line are beaten by no other in both. Bubble area grows with the number of "
        "parameters (smallest where unknown)."
    )


def _figure(bubbles: Sequence[Bubble], view: View, setting: str, styles: Mapping[str, Style]) -> Figure:
    crowd = max(0, len(bubbles) - 12)
    figure = canvas(6.4 + 0.07 * crowd, 4.0 + 0.07 * crowd)
    axes = figure.subplots()
    _line(axes, pareto([(bubble.x, bubble.score) for bubble in bubbles]))
    for bubble in sorted(bubbles, key=lambda bubble: -bubble.area):
        draw_measured(axes, bubble, styles[bubble.tracker])
    log_axis(axes)
    axes.margins(0.14, 0.14)
    axes.set(xlabel=f"median milliseconds a frame{setting}", ylabel=label_of(str(view.headline)))
    titled(axes, f"Accuracy and latency, {view.title}", view.protocol)
    write_names(figure, axes, list(bubbles), {name for name, style in styles.items() if style.bold})
    return figure


def _line(axes: Axes, front: Sequence[tuple[float, float]]) -> None:
    """A step line through the front: at every latency, the best score that can be had."""
    latencies, scores = zip(*front, strict=True)
    axes.step(latencies, scores, where="post", color=LINE, linewidth=1.0, linestyle="--", zorder=0.5)
