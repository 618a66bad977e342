"""Plots keep to their space for 1 to 40 trackers, show any name as it is, and look as they did."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from PIL import Image

from reports.plots import draw_all
from reports.plots.canvas import Plot, look, render
from reports.plots.placement import place_labels
from reports.plots.timeline import absent_spans
from reports.published import published
from reports.views import views

NASTY = ["<script>alert(1)</script>", "_hidden", "50% $x^2$", "spaces and /slashes/", "back\\slash {}", "n" * 90]
GOLDEN = Path(__file__).parent / "golden"
ALL = {
    *("success", "precision", "normalized_precision", "attributes_radar", "attributes_bars", "heatmap"),
    *("paired_difference", "timeline", "latency", "speed_accuracy"),
}


def plots(tables) -> Iterator[Plot]:
    (view,) = views(tables)
    return draw_all(tables, view)


def drawn_ticks(axis: Axis) -> list[Text]:
    low, high = sorted(axis.get_view_interval())
    return [tick.label1 for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]


def boxes_of_texts(figure: Figure) -> list[tuple[str, Bbox]]:
    """Extents of all labels: legends, ticks, names beside points (without the lines that lead to them)."""
    with look():
        figure.draw_without_rendering()
        texts = [text for legend in figure.legends for text in legend.get_texts()]
        for axes in figure.axes:
            texts += axes.texts
            texts += [label for axis in (axes.xaxis, axes.yaxis) for label in drawn_ticks(axis)]
        shown = [text for text in texts if text.get_visible() and text.get_text().strip()]
        return [(text.get_text(), Text.get_window_extent(text)) for text in shown]


@pytest.mark.parametrize("trackers", [2, 9, 25, 40])
def test_nothing_overlaps_and_nothing_is_cut_off(tables, trackers: int) -> None:
    for plot in plots(tables(trackers, 12, 40, total=100)):
        inside = plot.figure.bbox.padded(1)
        found = boxes_of_texts(plot.figure)
        for name, box in found:
            assert inside.contains(*box.min), (plot.name, name)
            assert inside.contains(*box.max), (plot.name, name)
        legends = [legend.get_window_extent() for legend in plot.figure.legends]
        for axes in plot.figure.axes:
            assert not any(Bbox.intersection(legend, axes.get_window_extent()) for legend in legends), plot.name
        if plot.name == "attributes_bars":
            continue  # slanted labels: their upright extents overlap although the letters do not
        for (first, one), (second, other) in combinations(found, 2):
            assert not one.padded(-1.5).overlaps(other.padded(-1.5)), (plot.name, first, second)


def test_all_kinds_are_drawn_in_three_formats(tables) -> None:
    drawn = {plot.name: render(plot) for plot in plots(tables(3, 3, 30))}
    assert drawn.keys() == ALL
    for files in drawn.values():
        assert files["png"].startswith(b"\x89PNG")
        assert b"<svg" in files["svg"]
        assert files["pdf"].startswith(b"%PDF")
        assert b"/Type3" not in files["pdf"], "journals refuse Type 3 fonts"


def test_equal_tables_give_equal_files(tables) -> None:
    first, second = (render(next(plots(tables(2, 2, 20)))) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(("trackers", "sequences", "frames"), [(1, 1, 1), (1, 5, 20), (3, 1, 20), (2, 2, 1)])
def test_one_tracker_one_sequence_one_frame(tables, trackers: int, sequences: int, frames: int) -> None:
    made = tables(trackers, sequences, frames)
    names = {plot.name: render(plot, ("png",)) for plot in plots(made)}.keys()
    assert names == (ALL if trackers > 1 else ALL - {"paired_difference"})


def test_any_name_is_shown_as_it_is(tables) -> None:
    for plot in plots(tables(NASTY, 2, 20)):
        svg = render(plot, ("svg",))["svg"].decode()
        assert "<script" not in svg
        if plot.name == "success":
            texts = [name for name, _ in boxes_of_texts(plot.figure)]
            assert any("50% $x^2$" in text for text in texts)
            assert any("_hidden" in text for text in texts)


def test_captions_and_titles_carry_part_and_protocol(tables) -> None:
    for plot in plots(tables(["stdtrack:nano", "b"], 3, 30, total=100)):
        if plot.name in ("timeline", "latency"):
            continue
        assert "3 of 100 sequences" in plot.caption
        assert "official" in plot.caption
        titles = [axes.get_title(loc) for axes in plot.figure.axes for loc in ("left", "center")]
        shown = " ".join([*titles, plot.figure.get_suptitle()])
        assert "3 of 100 sequences" in shown, plot.name
        assert "official" in shown, plot.name


def test_untrained_stands_in_every_plot(tables) -> None:
    for plot in plots(tables(["stdtrack:nano", "b"], 3, 30)):
        words = " ".join(
            [name for name, _ in boxes_of_texts(plot.figure)] + [a.get_title("left") for a in plot.figure.axes]
        )
        assert "untrained" in words, plot.name


def test_legend_is_sorted_by_score(tables) -> None:
    plot = next(plots(tables(6, 4)))
    scores = [float(text.get_text().split("]")[0][1:]) for text in plot.figure.legends[0].get_texts()]
    assert scores == sorted(scores, reverse=True)


def test_published_points_are_hollow_and_named_apart(tables) -> None:
    made = replace(tables(2, 3, benchmarks=("lasot",)), published=published())
    figure = next(plot.figure for plot in plots(made) if plot.name == "speed_accuracy")
    names = [text.get_text() for text in figure.axes[0].texts]
    assert "HiT-Base †" in names
    assert "tracker-00" in names
    assert {text.get_text() for text in figure.legends[0].get_texts()} >= {"measured here", "† published"}


def test_without_speeds_no_speed_plot(tables) -> None:
    made = tables(2, 2)
    made = replace(made, speeds=made.speeds.iloc[:0], latencies=made.latencies.iloc[:0])
    assert {plot.name for plot in plots(made)} == ALL - {"speed_accuracy", "latency"}


def test_a_sequence_without_a_result_leaves_a_gap(tables) -> None:
    made = tables(2, 4)
    scores = made.scores[~((made.scores["tracker"] == "tracker-00") & (made.scores["sequence"] == "Sequence1"))]
    for plot in plots(replace(made, scores=scores)):
        assert render(plot, ("png",))


def test_absent_spans_cover_their_frames() -> None:
    absent = np.array([True, False, True, True])
    assert absent_spans(absent) == [(0, 1), (2, 4)]
    assert absent_spans([]) == []


def test_labels_avoid_points_and_each_other() -> None:
    points = np.array([[50.0, 50.0], [58.0, 50.0], [54.0, 57.0]])
    sizes = np.full((3, 2), (40.0, 10.0))
    corners = place_labels(points, np.full(3, 4.0), sizes, (300, 200))
    boxes = [Bbox.from_bounds(*corner, *size) for corner, size in zip(corners, sizes, strict=True)]
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
    assert all(box.x0 >= 0 and box.y0 >= 0 for box in boxes)


@pytest.fixture(scope="module")
def drawn(tables) -> dict[str, bytes]:
    """Pictures of one table by the plot's name."""
    made = tables(["stdtrack:nano", "opencv:csrt", "opencv:kcf", "opencv:mil"], 8, 60, total=100)
    return {plot.name: render(plot, ("png",))["png"] for plot in plots(made)}


@pytest.mark.parametrize("name", sorted(ALL))
def test_looks_as_it_did(drawn: dict[str, bytes], name: str) -> None:
    """Compared at a quarter of the size, so that another renderer's half pixels do not matter.

    After a wanted change: STDTRACK_UPDATE_GOLDEN=1 pytest tests/reports/test_plots.py, and look at the pictures.
    """
    golden = GOLDEN / f"{name}.png"
    content = drawn[name]
    if os.environ.get("STDTRACK_UPDATE_GOLDEN"):
        picture = Image.open(io.BytesIO(content)).convert("RGB")
        GOLDEN.mkdir(exist_ok=True)
        picture.reduce(4).save(golden, optimize=True)
    now = np.asarray(Image.open(io.BytesIO(content)).convert("RGB").reduce(4), dtype=float)
    then = np.asarray(255 * imread(golden)[..., :3], dtype=float)
    assert now.shape == then.shape
    assert np.abs(now - then).mean() < 1.5, f"compare {golden} with a new picture"


def test_thousands_of_sequences_are_drawn_without_their_names(tables, monkeypatch: pytest.MonkeyPatch) -> None:
    made = tables(2, 7, 10)
    (view,) = views(made)
    gains = view.per_sequence("auc").loc[view.trackers[0]] - view.per_sequence("auc").loc[view.trackers[1]]
    monkeypatch.setattr("reports.plots.heatmap.MOST_NAMED", 6)
    monkeypatch.setattr("reports.plots.heatmap.MOST_NARROW", 4)
    monkeypatch.setattr("reports.plots.paired.MOST_BARS", 6)
    drawn = {plot.name: plot for plot in plots(made)}
    heatmap = drawn["heatmap"]
    assert "the table of sequences has them" in heatmap.caption
    cells = [axes.images[0].get_array() for axes in heatmap.figure.axes if axes.images]
    assert [part.shape for part in cells] == [(2, 4), (2, 3)]
    assert not [text for text, _ in boxes_of_texts(heatmap.figure) if text.startswith("Sequence")]
    (axes,) = drawn["paired_difference"].figure.axes
    heights = np.concatenate([patch.get_data().values for patch in axes.patches])
    np.testing.assert_allclose(heights, sorted(gains, reverse=True))
    assert render(drawn["paired_difference"]).keys() == {"png", "svg", "pdf"}
