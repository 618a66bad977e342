"""Speed measured here against accuracy as published, of trackers whose weights were not at hand."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from matplotlib.figure import Figure

from evalkit.scoring.metrics import label_of
from evalkit.scoring.naming import Named
from reports.inputs import ReportTables, records
from reports.plots.canvas import Plot, canvas, log_axis
from reports.plots.speed_accuracy import Bubble, area_handle, write_names
from reports.published import published
from reports.published_speeds import published_name
from reports.speeds import common_setting
from reports.views import View

BENCHMARKS = {"got10k": ("ao", "GOT-10k"), "lasot": ("auc", "LaSOT"), "trackingnet": ("auc", "TrackingNet")}
"""The metric and title of each."""


def draw(tables: ReportTables, view: View | None) -> Iterator[Plot]:
    """One plot for each benchmark, from the speeds of a profile in the scope ``track``."""
    latency = tables.profiles.get("latency") if view is None else None
    if latency is None or latency.empty or "threads" not in latency:  # a profile of somebody else may lack it
        return
    latency = latency[latency["scope"] == "track"]
    first = latency[latency["threads"] == latency["threads"].min()]
    for benchmark, (metric, title) in BENCHMARKS.items():
        figures = _figures(benchmark, metric)
        bubbles = _bubbles(first, tables.profiles.get("resources"), figures, tables.named)
        if len(bubbles) > 1:
            setting = common_setting(first)
            plot = _figure(bubbles, f"{title} {label_of(metric)}, published", setting)
            names = {published_name(tables.named.former_name(bubble.tracker)) for bubble in bubbles}
            caption = _caption(title, metric, setting, figures[figures["tracker"].isin(names)])
            yield Plot(f"published_accuracy_{benchmark}", caption, plot)


def _figures(benchmark: str, metric: str) -> pd.DataFrame:
    """The first published figure of each tracker, with its source."""
    table = published().dropna(subset=["value"])
    return table[(table["benchmark"] == benchmark) & (table["quantity"] == metric)].drop_duplicates("tracker")


def _bubbles(
    latency: pd.DataFrame, resources: pd.DataFrame | None, figures: pd.DataFrame, named: Named
) -> list[Bubble]:
    scores = dict(zip(figures["tracker"], figures["value"], strict=True))
    counted = {} if resources is None else dict(zip(resources["tracker"], resources["parameters"], strict=True))
    found = []
    for row in records(latency):
        name = published_name(named.former_name(str(row["tracker"])))
        if name in scores:
            parameters = counted.get(row["tracker"])
            size = None if parameters is None or pd.isna(parameters) else float(parameters)
            found.append(Bubble(row["tracker"], row["tracker"], row["fps_median"], scores[name] / 100, size, False))
    return found


def _caption(title: str, metric: str, setting: str, figures: pd.DataFrame) -> str:
    sources = dict.fromkeys(figures["source"])
    return (
        f"Median FPS measured here{setting} against {title} {label_of(metric)} as published: the accuracy was not "
        f"measured, it is the authors' with their own weights. Sources: {'; '.join(sources)}. "
        "Bubble area grows with the number of parameters."
    )


def _figure(bubbles: list[Bubble], accuracy: str, setting: str) -> Figure:
    figure = canvas(6.8, 4.4)
    axes = figure.subplots()
    for bubble in bubbles:
        axes.scatter(bubble.x, bubble.score, bubble.area, facecolors="none", edgecolors="#1f77b4", linewidths=1.2)
        axes.plot(bubble.x, bubble.score, marker="+", color="#1f77b4", markersize=5)
    log_axis(axes)
    axes.margins(0.14, 0.14)
    axes.set(xlabel=f"median frames per second, measured here{setting}", ylabel=accuracy)
    axes.set_title("Measured speed and published accuracy", fontsize=9.5, loc="left")
    handle = area_handle(80)
    figure.legend([handle], ["speed measured here, accuracy published"], loc="outside lower center", fontsize=7.5)
    write_names(figure, axes, bubbles)
    return figure
