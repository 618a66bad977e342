"""Plots of a profile show what its tables hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from reports.inputs import ReportTables
from reports.plots import draw_all
from reports.plots.canvas import Plot, render

NAMES = ["stdtrack:nano", "opencv:csrt"]
LATENCIES = pd.DataFrame(
    {"tracker": NAMES, "scope": "track", "p50_ms": [20.0, 35.0], "p90_ms": [25.0, 40.0], "p99_ms": [60.0, 45.0]}
)
FRAMES = pd.DataFrame(
    {
        "tracker": np.repeat(NAMES, 50),
        "scope": "track",
        "frame": np.tile(np.arange(50), 2),
        "milliseconds": np.linspace(20, 40, 100),
    }
)
STAGES = pd.DataFrame(
    {
        "tracker": ["stdtrack:nano"] * 3,
        "stage": ["image", "crop", "forward"],
        "median_ms": [2.0, 1.0, 17.0],
        "share": [0.1, 0.05, 0.85],
    }
)
SCALING = pd.DataFrame({"tracker": ["stdtrack:nano"] * 2, "scope": "model", "threads": [1, 2], "p50_ms": [20.0, 12.5]})
ROOFLINE = pd.DataFrame(
    {
        "tracker": NAMES[:1],
        "threads": [1],
        "flops_per_byte": [9.0],
        "gflops": [15.0],
        "peak_gflops": [60.0],
        "peak_gbytes": [10.0],
    }
)


ALL = {"latency": LATENCIES, "frames": FRAMES, "stages": STAGES, "scaling": SCALING, "roofline": ROOFLINE}


def plots(profiles: dict[str, pd.DataFrame]) -> dict[str, Plot]:
    return {plot.name: plot for plot in draw_all(ReportTables(profiles=profiles), None)}


def test_every_kind_is_drawn_and_rendered() -> None:
    drawn = plots(ALL)
    assert set(drawn) == {
        "latency_track", "latency_over_time_track", "stages", "thread_scaling_model", "roofline",
    }  # fmt: skip
    for plot in drawn.values():
        assert plot.caption
        assert set(render(plot)) == {"png", "svg", "pdf"}


def test_empty_and_absent_tables_draw_nothing_of_their_kind() -> None:
    empty = {name: ALL[name].iloc[:0] for name in ("stages", "scaling", "roofline")}
    assert set(plots({"latency": LATENCIES, "frames": FRAMES, **empty})) == {"latency_track", "latency_over_time_track"}
    assert set(plots({"roofline": ROOFLINE})) == {"roofline"}


def test_stages_add_up_to_the_whole() -> None:
    axes = plots(ALL)["stages"].figure.axes[0]
    assert sum(bar.get_width() for bar in axes.patches) == pytest.approx(100.0)


def test_speed_up_is_over_the_fewest_threads() -> None:
    axes = plots(ALL)["thread_scaling_model"].figure.axes[0]
    assert axes.lines[0].get_ydata().tolist() == [1.0, 1.6]


def test_roofline_bends_where_memory_meets_arithmetic() -> None:
    axes = plots(ALL)["roofline"].figure.axes[0]
    x, y = axes.lines[0].get_data()
    np.testing.assert_allclose(y, np.minimum(60.0, 10.0 * x))
    assert axes.lines[1].get_xydata().tolist() == [[9.0, 15.0]]
