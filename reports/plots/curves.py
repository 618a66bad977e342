"""Success, precision and normalised precision over thresholds, one plot a curve."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd
from matplotlib.figure import Figure

from evalkit.scoring.metrics import CURVES, CurveKind, label_of
from reports.inputs import ReportTables
from reports.plots.canvas import Plot, canvas, legend_beside, legend_width, line_look, style_handle, titled
from reports.style import Style
from reports.views import View, format_metric


def draw(tables: ReportTables, view: View | None) -> Iterator[Plot]:
    """One plot for each curve that the view has."""
    if view is None:
        return
    rows = tables.curves
    rows = rows[(rows["benchmark"] == view.benchmark) & (rows["protocol"] == view.protocol) & rows["sequence"].isna()]
    for name, kind in CURVES.items():
        curve = rows[rows["curve"] == name].dropna(subset=["value"])
        if not curve.empty:
            metric = next((m for m in kind.metrics if m in view.overall.columns), None)
            score = f" Legend: {label_of(metric)}." if metric else ""
            caption = f"{kind.title} plot, {view.title}, protocol {view.protocol}.{score}"
            yield Plot(name, caption, _figure(curve, kind, metric, view, tables.styles))


def _figure(
    curve: pd.DataFrame, kind: CurveKind, metric: str | None, view: View, styles: Mapping[str, Style]
) -> Figure:
    lines = {str(name): line.sort_values("threshold") for name, line in curve.groupby("tracker")}
    order = [name for name in view.trackers if name in lines]
    texts = {name: view.label(name) for name in order}
    if metric is not None:
        scores = view.overall[metric]
        order.sort(key=lambda name: -scores[name])
        texts = {name: f"[{format_metric(metric, scores[name])}] {texts[name]}" for name in order}
    order = view.named.legend(order)
    figure = canvas(4.3 + legend_width(list(texts.values())), 3.5)
    axes = figure.subplots()
    for index, name in enumerate(reversed(order)):  # the best is drawn last, on top
        every = (0.13 * ((index * 0.382) % 1), 0.13)  # markers of neighbouring curves do not sit on each other
        line = lines[name]
        axes.plot(line["threshold"], line["value"], markevery=every, **line_look(styles[name]))
    axes.set(xlabel=kind.xlabel, ylabel=kind.ylabel, ylim=(0, 1.02))
    axes.set_xlim(float(curve["threshold"].min()), float(curve["threshold"].max()))
    titled(axes, f"{kind.title}, {view.title}", view.protocol)
    title = label_of(metric) + ", tracker" if metric else None
    legend_beside(figure, [(style_handle(styles[name]), texts[name]) for name in order], title)
    return figure
