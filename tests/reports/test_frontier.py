"""Accuracy against a profile's latency, and the line of those that no other beats."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.inputs import ReportTables
from reports.plots.canvas import render
from reports.plots.frontier import draw, pareto
from reports.views import views

POINTS = st.lists(st.tuples(st.floats(0.1, 100.0), st.floats(0.0, 1.0)), min_size=1, max_size=30)


def latency(*rows: tuple[str, str, int, float]) -> pd.DataFrame:
    """Rows of a profile: tracker, scope, threads, median milliseconds."""
    table = pd.DataFrame(rows, columns=["tracker", "scope", "threads", "p50_ms"])
    return table.assign(backend="onnx", device="cpu")


@pytest.fixture
def made(tables) -> ReportTables:
    """Three scored trackers, the best one the slowest, the second as fast as the third."""
    return replace(
        tables(3, 4),
        profiles={
            "latency": latency(
                ("tracker-00", "track", 1, 9.0),
                ("tracker-01", "track", 1, 3.0),
                ("tracker-02", "track", 1, 3.0),
                ("tracker-00", "track", 2, 5.0),
                ("tracker-01", "track", 2, 2.0),
                ("tracker-00", "model", 1, 8.0),
                ("nobody scored", "model", 1, 1.0),
            )
        },
    )


def test_a_plot_for_each_scope_and_number_of_threads(made: ReportTables) -> None:
    (view,) = views(made)
    plots = list(draw(made, view))
    assert [plot.name for plot in plots] == ["frontier_track", "frontier_track_2"], "one tracker alone is no frontier"
    assert "1 thread" in plots[0].caption
    assert "2 threads" in plots[1].caption
    assert set(render(plots[0])) == {"png", "svg", "pdf"}


def test_the_line_passes_through_those_that_none_beats(made: ReportTables) -> None:
    (view,) = views(made)
    plot = next(iter(draw(made, view)))
    scores = view.overall[view.headline]
    line = plot.figure.axes[0].lines[0]
    best = max(scores["tracker-01"], scores["tracker-02"])
    assert line.get_xydata().tolist() == [[3.0, best], [9.0, scores["tracker-00"]]]


def test_nothing_to_draw(made: ReportTables) -> None:
    (view,) = views(made)
    assert list(draw(made, None)) == []
    assert list(draw(replace(made, profiles={}), view)) == []
    somebody = made.profiles["latency"].drop(columns="threads")
    assert list(draw(replace(made, profiles={"latency": somebody}), view)) == []


@given(POINTS)
def test_nobody_beats_the_front_and_the_front_beats_the_rest(points: list[tuple[float, float]]) -> None:
    front = pareto(points)
    for latency_, score in points:
        assert any(fast <= latency_ and good >= score for fast, good in front)
    for one in front:
        assert not any(o != one and o[0] <= one[0] and o[1] >= one[1] for o in points)
