"""Accuracy against speed, bubble area by parameters; measured points filled, published ones hollow."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from evalkit.scoring.metrics import label_of
from reports.inputs import ReportTables, records
from reports.plots.canvas import Plot, canvas, log_axis, shorten, titled
from reports.plots.placement import place_labels
from reports.published import comparable
from reports.speeds import common_setting
from reports.style import Style
from reports.views import View

SMALLEST, PER_MILLION, LARGEST = 45.0, 9.0, 450.0  # bubble areas in square points


@dataclass(frozen=True)
class Bubble:
    """One tracker in the plot; ``x`` is its frames a second or milliseconds a frame, ``parameters`` may be unknown."""

    tracker: str
    label: str
    x: float
    score: float
    parameters: float | None
    published: bool

    @property
    def area(self) -> float:
        """Square points: grows with the number of parameters, within limits that keep all points visible."""
        millions = 0.0 if self.parameters is None else self.parameters / 1e6
        return float(min(SMALLEST + PER_MILLION * millions, LARGEST))


def draw(tables: ReportTables, view: View | None) -> Iterator[Plot]:
    """One plot for each setting (scope, threads, device) that speeds were measured in."""
    if view is None:
        return
    rows = tables.speeds[(tables.speeds["benchmark"] == view.benchmark) & (tables.speeds["fps_median"] > 0)]
    if rows.empty or view.headline is None:
        return
    settings = list(rows.groupby(["scope", "threads", "device"], dropna=False, sort=False))
    for index, (_, part) in enumerate(settings):
        bubbles = measured_bubbles(part, "fps_median", tables.facts, view)
        others = comparable(tables.published, view.benchmark, view.headline, str(part["device"].iloc[0]))
        bubbles += [Bubble(x=other.pop("fps"), **other, published=True) for other in others]
        if not bubbles:
            continue
        setting = common_setting(part)
        name = "speed_accuracy" if index == 0 else f"speed_accuracy_{index + 1}"
        yield Plot(name, _caption(view, setting, bubbles), _figure(bubbles, view, setting, tables.styles))


def measured_bubbles(speeds: pd.DataFrame, column: str, facts: pd.DataFrame, view: View) -> list[Bubble]:
    """One for each tracker that has a row of speeds and a score.

    Args:
        column: of ``speeds``, what stands on the x axis.
    """
    parameters = {row["tracker"]: row["parameters"] for row in records(facts) if pd.notna(row["parameters"])}
    scores = view.overall[str(view.headline)].dropna().to_dict()
    return [
        Bubble(name, view.label(name), row[column], scores[name], parameters.get(name), published=False)
        for row in records(speeds.drop_duplicates("tracker"))
        if (name := row["tracker"]) in scores
    ]


def _caption(view: View, setting: str, bubbles: list[Bubble]) -> str:
    text = f"{label_of(str(view.headline))} against median FPS{setting}, {view.title}, protocol {view.protocol}"
    sized = any(bubble.parameters is not None for bubble in bubbles)
    text += "; bubble area grows with the number of parameters (smallest where unknown)." if sized else "."
    if any(bubble.published for bubble in bubbles):
        text += " Hollow, †: published figures of the whole benchmark, each on its authors' device."
    return text


def _figure(bubbles: list[Bubble], view: View, setting: str, styles: Mapping[str, Style]) -> Figure:
    crowd = max(0, len(bubbles) - 12)
    figure = canvas(6.4 + 0.07 * crowd, 4.0 + 0.07 * crowd)
    axes = figure.subplots()
    for bubble in sorted(bubbles, key=lambda bubble: -bubble.area):
        if bubble.published:
            axes.scatter(bubble.x, bubble.score, bubble.area, facecolors="none", edgecolors="#777777", linewidths=1.0)
        else:
            draw_measured(axes, bubble, styles[bubble.tracker])
    log_axis(axes)
    axes.margins(0.14, 0.14)
    axes.set(xlabel=f"median frames per second{setting}", ylabel=label_of(str(view.headline)))
    titled(axes, f"Speed and accuracy, {view.title}", view.protocol)
    _explain(figure, bubbles)
    write_names(figure, axes, bubbles, {name for name, style in styles.items() if style.bold})
    return figure


def draw_measured(axes: Axes, bubble: Bubble, style: Style) -> None:
    """A bubble in the tracker's colour, its marker in the middle."""
    axes.scatter(bubble.x, bubble.score, bubble.area, color=style.colour, alpha=0.45, linewidths=0)
    axes.plot(bubble.x, bubble.score, marker=style.marker, color=style.colour, markersize=5, markeredgewidth=0)


def _explain(figure: Figure, bubbles: list[Bubble]) -> None:
    """A legend below the axes: what the sizes mean, and filled against hollow where both occur."""
    sizes = sorted({_round(b.parameters / 1e6) for b in bubbles if b.parameters})
    entries = [
        (area_handle(min(SMALLEST + PER_MILLION * size, LARGEST)), f"{size:g} M parameters")
        for size in dict.fromkeys((*sizes[:1], *sizes[-1:]))
    ]
    if any(bubble.published for bubble in bubbles):
        entries.append((area_handle(80, filled=True), "measured here"))
        entries.append((area_handle(80), "† published"))
    if entries:
        handles, texts = zip(*entries, strict=True)
        figure.legend(
            handles, texts, loc="outside lower center", ncols=len(entries), fontsize=7.5, handlelength=3, borderpad=0.9
        )


def _round(millions: float) -> float:
    return float(f"{millions:.1g}")


def area_handle(area: float, *, filled: bool = False) -> Line2D:
    """A grey disc of the given area in square points, for a legend."""
    face = "#888888" if filled else "none"
    edge, size = "#777777", float(np.sqrt(area))
    return Line2D([], [], linestyle="none", marker="o", markersize=size, markerfacecolor=face, markeredgecolor=edge)


def write_names(figure: Figure, axes: Axes, bubbles: list[Bubble], bold: Collection[str] = ()) -> None:
    """Names beside the bubbles, joined by a thin line where there was no room next to one; ``bold`` are trackers."""
    texts = [
        axes.text(0, 0, shorten(bubble.label) + (" †" if bubble.published else ""), fontsize=7.5, transform=None)
        for bubble in bubbles
    ]
    figure.draw_without_rendering()  # settles the layout, so that display coordinates are final
    extents = [text.get_window_extent() for text in texts]
    frame = axes.get_window_extent()
    origin = np.array([frame.x0, frame.y0])
    points = axes.transData.transform([(bubble.x, bubble.score) for bubble in bubbles]) - origin
    points_per_pixel = 72 / figure.dpi
    radii = np.array([np.sqrt(bubble.area / np.pi) for bubble in bubbles]) / points_per_pixel
    sizes = np.array([[extent.width, extent.height] for extent in extents])
    corners = place_labels(points, radii, sizes, (frame.width, frame.height))
    for text, corner, point, size, radius, bubble in zip(texts, corners, points, sizes, radii, bubbles, strict=True):
        text.remove()
        nearest = np.clip(point, corner, corner + size)
        far = float(np.hypot(*(nearest - point))) > radius + size[1]
        axes.annotate(
            text.get_text(),
            xy=(bubble.x, bubble.score),
            xytext=(corner - point) * points_per_pixel,
            textcoords="offset points",
            fontsize=7.5,
            fontweight="bold" if bubble.tracker in bold and not bubble.published else "normal",
            color="#555555" if bubble.published else "black",
            verticalalignment="bottom",
            arrowprops={"arrowstyle": "-", "color": "#999999", "linewidth": 0.5, "relpos": (0.5, 0.5)} if far else None,
        )
