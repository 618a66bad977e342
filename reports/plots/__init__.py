"""The plots of a view: one file a kind; each yields finished figures from tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from reports.inputs import ReportTables
from reports.plots import attributes, curves, heatmap, latency, paired, speed_accuracy, timeline
from reports.plots.canvas import Plot, look
from reports.style import Style
from reports.views import View

KINDS = (curves.draw, attributes.draw, heatmap.draw, paired.draw, timeline.draw, latency.draw)


def draw_all(
    tables: ReportTables, view: View, styles: Mapping[str, Style], published: pd.DataFrame | None = None
) -> Iterator[Plot]:
    """Every plot that the view has data for."""
    with look():
        for draw in KINDS:
            yield from draw(tables, view, styles)
        yield from speed_accuracy.draw(tables, view, styles, published)
