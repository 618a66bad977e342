"""What the page's script gets: plain lists and dictionaries; of frames, what :mod:`reports.page.frames` packs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.markers import MarkerStyle
from matplotlib.path import Path as Outline

from evalkit.scoring.metrics import CURVES, CurveKind, metric_of
from reports.inputs import ReportTables, records
from reports.page.confidence import confidence_charts
from reports.page.frames import packed_frames, pictures
from reports.published import comparable
from reports.speeds import setting
from reports.style import Style
from reports.views import View, labels


def payload(tables: ReportTables, views: tuple[View, ...]) -> dict[str, Any]:
    """Everything that the page draws, ready for JSON."""
    named = labels(tables.trackers, tables.facts)
    index = {name: at for at, name in enumerate(tables.trackers)}
    return {
        "trackers": [_tracker(named[name], tables.styles[name], _place(name, tables)) for name in tables.trackers],
        "views": [_view(view, tables, index) for view in views],
        "metrics": {
            name: _metric(name) for name in dict.fromkeys(str(name) for view in views for name in view.overall)
        },
        "frames": packed_frames(tables, index),
        "pictures": pictures(tables),
    }


def _place(tracker: str, tables: ReportTables) -> int | None:
    """Where the user wants the tracker to stand; None where that is not said."""
    order = tables.named.order
    return order.index(tracker) if tracker in order else None


def _tracker(label: str, style: Style, place: int | None) -> dict[str, Any]:
    return {
        "label": label,
        "light": style.colour,
        "dark": style.dark,
        "marker": marker_path(style.marker),
        "dash": list(style.dash),
        **({"bold": True} if style.bold else {}),
        **({} if place is None else {"place": place}),
    }


def _metric(name: str) -> dict[str, Any]:
    metric = metric_of(name)
    return {
        "label": metric.label,
        "percent": metric.percent,
        "digits": metric.digits,
        "lower": not metric.higher_is_better,
    }


def marker_path(marker: str) -> str:
    """A matplotlib marker as an SVG path around the origin, about 2 units wide, y pointing down.

    >>> marker_path("s")
    'M-1,1L1,1L1,-1L-1,-1Z'
    """
    style = MarkerStyle(marker)
    outline = style.get_path().transformed(style.get_transform())
    scale = np.abs(outline.vertices).max()
    words = {Outline.MOVETO: "M", Outline.LINETO: "L", Outline.CURVE3: "Q", Outline.CURVE4: "C", Outline.CLOSEPOLY: "Z"}
    text = ""
    for points, code in outline.iter_segments(simplify=False):
        if code == Outline.CLOSEPOLY:
            text += "Z"
            continue
        scaled = np.reshape(points, (-1, 2)) / scale * (1, -1)
        text += words[code] + " ".join(f"{x:.3g},{y:.3g}" for x, y in scaled + 0.0)
    return text


def _view(view: View, tables: ReportTables, index: Mapping[str, int]) -> dict[str, Any]:
    headline = view.headline or ""
    return {
        "key": view.key,
        "benchmark": view.benchmark,
        "protocol": view.protocol,
        "title": view.title,
        "marks": {index[name]: mark for name, mark in view.marks.items() if mark and name in index},
        "headline": headline,
        "overall": {
            metric: {index[str(name)]: _number(value) for name, value in column.items()}
            for metric, column in ((str(name), view.overall[name]) for name in view.overall.columns)
        },
        "curves": _curves(view, tables.curves, index),
        "attributes": _attributes(view, tables.attributes, index),
        "bubbles": _bubbles(view, tables, index),
        "latencies": _latencies(view, tables.speeds, index),
        "confidence": confidence_charts(view, tables, index),
    }


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def _curves(view: View, curves: pd.DataFrame, index: Mapping[str, int]) -> dict[str, Any]:
    rows = curves[(curves["benchmark"] == view.benchmark) & (curves["protocol"] == view.protocol)]
    rows = rows[rows["sequence"].isna()].dropna(subset=["value"]).sort_values("threshold", kind="stable")
    lines = dict(list(rows.groupby(["curve", "tracker"])))
    return {name: drawn for name, kind in CURVES.items() if (drawn := _curve(kind, lines, view, index))}


def _curve(
    kind: CurveKind, lines: Mapping[Any, pd.DataFrame], view: View, index: Mapping[str, int]
) -> dict[str, Any] | None:
    """A curve of a view with what its axes say and the metric that stands for it; None where no tracker has it."""
    by_tracker = {str(tracker): line for (curve, tracker), line in lines.items() if curve == kind.name}
    if not by_tracker:
        return None
    first = next(iter(by_tracker.values()))
    return {
        "title": kind.title,
        "xLabel": kind.xlabel,
        "yLabel": kind.ylabel,
        "metric": next((metric for metric in kind.metrics if metric in view.overall.columns), None),
        "x": [round(float(x), 6) for x in first["threshold"]],
        "y": {index[name]: [round(float(y), 5) for y in line["value"]] for name, line in by_tracker.items()},
    }


def _attributes(view: View, attributes: pd.DataFrame, index: Mapping[str, int]) -> list[dict[str, Any]]:
    rows = attributes[(attributes["benchmark"] == view.benchmark) & (attributes["protocol"] == view.protocol)]
    rows = rows[rows["metric"] == view.headline]
    return [
        {
            "name": str(name),
            "sequences": int(part["sequences"].max()),
            "values": {index[row["tracker"]]: _number(row["value"]) for row in records(part)},
        }
        for name, part in rows.groupby("attribute", sort=False)
    ]


def _bubbles(view: View, tables: ReportTables, index: Mapping[str, int]) -> list[dict[str, Any]]:
    speeds = tables.speeds[(tables.speeds["benchmark"] == view.benchmark) & (tables.speeds["fps_median"] > 0)]
    if view.headline is None or speeds.empty:
        return []
    parameters = {row["tracker"]: _number(row["parameters"]) for row in records(tables.facts)}
    scores = {str(name): _number(value) for name, value in view.overall[view.headline].items()}
    found = [
        {
            "tracker": index[row["tracker"]],
            "fps": float(row["fps_median"]),
            "score": scores[row["tracker"]],
            "parameters": parameters.get(row["tracker"]),
            "setting": setting(row),
        }
        for row in records(speeds)
        if scores.get(row["tracker"]) is not None
    ]
    if found:
        others = comparable(tables.published, view.benchmark, view.headline, str(speeds["device"].iloc[0]))
        found += [{**other, "tracker": None, "setting": "published, on its authors' device"} for other in others]
    return found


def _latencies(view: View, speeds: pd.DataFrame, index: Mapping[str, int]) -> list[dict[str, Any]]:
    """Milliseconds of a frame and frames a second, of the runs that have speeds; the fastest first."""
    rows = speeds[(speeds["benchmark"] == view.benchmark) & speeds["tracker"].isin(view.trackers)]
    rows = rows[rows["p50_ms"] > 0].sort_values("p50_ms", kind="stable")
    figures = {"fps": "fps_median", "p50": "p50_ms", "p90": "p90_ms", "p99": "p99_ms"}
    return [
        {
            "tracker": index[row["tracker"]],
            "setting": setting(row),
            **{name: _number(row[column]) for name, column in figures.items()},
        }
        for row in records(rows)
    ]
