"""Where the time of a frame goes: the stages of every tracker, stacked."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from reports.inputs import ReportTables
from reports.plots.canvas import Plot, canvas, shorten
from reports.views import View

COLOURS = ("#6b6b6b", "#0072b2", "#3d9bd1", "#d55e00", "#009e73", "#b38600", "#aa3377", "#bdbdbd")

OTHER = "other"


def draw(tables: ReportTables, view: View | None) -> Iterator[Plot]:
    """One plot of a profile's stages, in the order of execution."""
    if view is None and not (stages := tables.profile("stages")).empty:
        yield _plot(stages)


def _plot(stages: pd.DataFrame) -> Plot:
    table = stages.pivot_table(index="tracker", columns="stage", values="share", sort=False).fillna(0.0)
    table = table[sorted(table.columns, key=OTHER.__eq__)]  # the rest comes last, whichever tracker came first
    figure = canvas(7.0, 1.5 + 0.36 * len(table))
    axes = figure.subplots()
    left = np.zeros(len(table))
    for index, stage in enumerate(table.columns):
        values = table[stage].to_numpy(dtype=float) * 100
        axes.barh(np.arange(len(table)), values, 0.7, left=left, color=COLOURS[index % len(COLOURS)], label=str(stage))
        left += values
    axes.set_yticks(range(len(table)), [shorten(str(name)) for name in table.index])
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.set(xlabel="share of the pipeline's time (%)", xlim=(0, 100))
    axes.set_title("Stages of a frame", loc="left")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=len(table.columns))
    return Plot("stages", "Share of each stage in the time of a frame, decoding of the image included.", figure)
