"""The page's charts of what confidences are worth: reliability, and risk over coverage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from reports.inputs import ReportTables
from reports.views import View

COVERAGE = np.linspace(0.02, 1.0, 50)
"""Where risk curves are drawn."""


def confidence_charts(view: View, tables: ReportTables, index: Mapping[str, int]) -> list[dict[str, Any]]:
    """Charts as the page draws its curves, with the figure of each tracker's legend; none without confidences."""
    own = tables.quality[tables.quality["benchmark"] == view.benchmark]
    bins, risks = (_by_tracker(table, view) for table in (tables.reliability, tables.risks))
    found = []
    if bins:
        first = next(iter(bins.values()))
        middles = (first["low"] + first["high"]).to_numpy(dtype=float) / 2
        overlaps = {name: rows["overlap"].to_numpy(dtype=float) for name, rows in bins.items()}
        found.append(_chart("Reliability", "confidence", "mean IoU", middles, overlaps, own, "ece", index))
    if risks:
        drawn = {
            name: np.interp(COVERAGE, rows["coverage"].to_numpy(dtype=float), rows["risk"].to_numpy(dtype=float))
            for name, rows in risks.items()
        }
        title, x = "Risk over coverage", "share of the frames, the surest first"
        found.append(_chart(title, x, "mean of 1 - IoU", COVERAGE, drawn, own, "aurc", index))
    return found


def _by_tracker(table: pd.DataFrame, view: View) -> dict[str, pd.DataFrame]:
    rows = table[(table["benchmark"] == view.benchmark) & table["tracker"].isin(view.trackers)]
    return {str(name): part for name, part in rows.groupby("tracker", sort=False)}


def _chart(
    title: str, xlabel: str, ylabel: str, x: np.ndarray, lines: Mapping[str, np.ndarray],
    own: pd.DataFrame, measure: str, index: Mapping[str, int],
) -> dict[str, Any]:  # fmt: skip
    values = dict(zip(own["tracker"], own[measure].astype(float), strict=True))
    return {
        "title": f"{title}; legend: {measure.upper()}, lower is better",
        "xLabel": xlabel,
        "yLabel": ylabel,
        "x": [round(float(value), 4) for value in x],
        "y": {index[name]: [_figure(value) for value in line] for name, line in lines.items()},
        "values": {index[name]: _figure(values[name]) for name in lines},
        "lower": True,
    }


def _figure(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 5)
