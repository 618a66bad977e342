"""What the page's script gets: plain lists and dictionaries, per-frame figures packed into bytes."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.markers import MarkerStyle
from matplotlib.path import Path as Outline
from numpy.typing import NDArray

from evalkit.scoring.metrics import CURVES, CurveKind, metric_of
from reports.inputs import ReportTables, StripFrame, records
from reports.page.confidence import confidence_charts
from reports.plots.timeline import absent_spans
from reports.published import comparable
from reports.speeds import setting
from reports.style import Style
from reports.views import View, labels

# Overlaps and scores are drawn a few hundred pixels high: a byte a frame is finer than the eye and keeps pages small.
STEPS = 254
MISSING = 255


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
        "frames": _frames(tables.frames, index),
        "strips": _strips(tables, index),
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


def pack(values: NDArray[np.float64]) -> dict[str, Any]:
    """(N,) numbers as base64 of one byte each, with the range that byte 0 and :data:`STEPS` stand for."""
    finite = values[np.isfinite(values)]
    low, high = (0.0, 1.0) if not finite.size else (min(0.0, float(finite.min())), max(1.0, float(finite.max())))
    steps = np.full(len(values), MISSING, dtype=np.uint8)
    known = np.isfinite(values)
    steps[known] = np.rint((values[known] - low) / (high - low) * STEPS).astype(np.uint8)
    return {"low": low, "high": high, "bytes": base64.b64encode(steps.tobytes()).decode()}


def _frames(frames: pd.DataFrame, index: Mapping[str, int]) -> dict[str, dict[str, Any]]:
    """By benchmark and sequence: first frame, length, absent spans, and packed overlaps and scores by tracker."""
    found: dict[str, dict[str, Any]] = {}
    numbers = frames["frame"].to_numpy(dtype=np.int64)
    absent = frames["absent"].fillna(value=False).to_numpy(dtype=bool)
    columns = {name: pd.to_numeric(frames[name]).to_numpy(dtype=np.float64) for name in ("iou", "score")}
    for (benchmark, sequence, tracker), rows in _groups(frames, ["benchmark", "sequence", "tracker"]):
        if tracker not in index:
            continue
        ordered = rows[np.argsort(numbers[rows], kind="stable")]
        sequences = found.setdefault(benchmark, {})
        if sequence not in sequences:
            facts = {"first": int(numbers[ordered[0]]), "length": len(ordered), "absent": absent_spans(absent[ordered])}
            sequences[sequence] = {**facts, "iou": {}, "score": {}}
        for name, values in columns.items():
            if np.isfinite(values[ordered]).any():
                sequences[sequence][name][index[tracker]] = pack(values[ordered])
    return found


def _groups(table: pd.DataFrame, names: Sequence[str]) -> Iterator[tuple[tuple[str, ...], NDArray[np.intp]]]:
    """Rows that have the same values in some columns, by number; a data frame a group would cost more than its rows."""
    if table.empty:
        return
    codes = table.groupby(list(names), sort=False, observed=True).ngroup().to_numpy()
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    values = zip(*(map(str, table[name].iloc[order[starts]]) for name in names), strict=True)
    yield from zip(values, np.split(order, starts[1:]), strict=True)


def _strips(tables: ReportTables, index: Mapping[str, int]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    if not tables.strips:
        return found
    wanted = pd.DataFrame(
        [(*place, frame.frame) for place, strip in tables.strips.items() for frame in strip],
        columns=["benchmark", "sequence", "frame"],
    )
    boxes = tables.boxes.merge(wanted, on=["benchmark", "sequence", "frame"])
    by_place = dict(list(boxes.groupby(["benchmark", "sequence", "frame"])))
    for (benchmark, sequence), strip in tables.strips.items():
        frames = [_strip_frame(each, by_place.get((benchmark, sequence, each.frame)), index) for each in strip]
        found.setdefault(benchmark, {})[sequence] = frames
    return found


def _strip_frame(frame: StripFrame, rows: pd.DataFrame | None, index: Mapping[str, int]) -> dict[str, Any]:
    known = [] if rows is None else [row for row in records(rows) if row["tracker"] in index]
    return {
        "frame": frame.frame,
        "width": frame.width,
        "height": frame.height,
        "jpeg": base64.b64encode(frame.jpeg).decode(),
        "boxes": {index[row["tracker"]]: _box(row, ("x", "y", "w", "h")) for row in known},
        "truth": _box(known[0], ("gt_x", "gt_y", "gt_w", "gt_h")) if known else None,
    }


def _box(row: Mapping[str, Any], columns: tuple[str, ...]) -> list[float] | None:
    values = [row[column] for column in columns]
    return None if any(pd.isna(value) for value in values) else [round(float(value), 2) for value in values]
