"""All plots of a profile, from its tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from reports.inputs import ReportTables
from reports.plots import latency_ranges, latency_series, roofline, speed_accuracy, stages, thread_scaling
from reports.plots.canvas import Plot, look
from reports.style import styles as styles_of
from reports.views import views


@dataclass(frozen=True)
class ProfileTables:
    """What a profile's plots are drawn from; ``accuracy`` is None where none was measured."""

    latencies: pd.DataFrame
    frames: pd.DataFrame
    stages: pd.DataFrame
    scaling: pd.DataFrame
    roofline: pd.DataFrame
    accuracy: ReportTables | None = None


def draw_profile(tables: ProfileTables) -> Iterator[Plot]:
    """Every plot that there are data for."""
    with look():
        styles = styles_of([*tables.latencies["tracker"].unique(), *tables.scaling["tracker"].unique()])
        for scope, part in tables.latencies.groupby("scope", sort=False):
            yield latency_ranges.draw(part, str(scope))
        for scope, part in tables.frames.groupby("scope", sort=False):
            yield latency_series.draw(part, str(scope), styles)
        if not tables.stages.empty:
            yield stages.draw(tables.stages)
        for scope, part in tables.scaling.groupby("scope", sort=False):
            yield thread_scaling.draw(part, str(scope), styles)
        if not tables.roofline.empty:
            yield roofline.draw(tables.roofline, styles)
        if tables.accuracy is not None:
            for view in views(tables.accuracy):
                yield from speed_accuracy.draw(tables.accuracy, view, styles)
