"""Tables, plots and the page's section of what is left of scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest

from evalkit.robustness.columns import DEGRADATION
from evalkit.robustness.summary import summary_table
from reports.inputs import ReportTables, StripFrame
from reports.page.render import render_page
from reports.plots.canvas import look
from reports.plots.robustness import draw
from reports.robustness import robustness_table, variation_table
from reports.views import views

NAN = float("nan")


def rows(benchmark: str, protocol: str, trackers: tuple[str, ...]) -> pd.DataFrame:
    found = []
    for tracker, clean in zip(trackers, (0.8, 0.5), strict=False):
        values = {("weather", "fog", 1): 0.75, ("weather", "fog", 5): 0.25, ("starts", "sre", 0): 0.5}
        values |= {("real time", "real_time", 20): 1.0, ("real time", "real_time", 60): 0.5}
        found += [(tracker, benchmark, protocol, "auc", *key, clean * left, clean, 4, NAN, NAN, NAN)
                  for key, left in values.items()]  # fmt: skip
        found.append((tracker, benchmark, protocol, "auc", "attack", "random_noise", 3, 0.0, clean, 4, 30.1, 0.9, 0.0))
    return pd.DataFrame(found, columns=list(DEGRADATION))


def test_one_row_a_tracker_by_hand() -> None:
    first, second = summary_table(rows("b", "official", ("one", "two"))).to_dict("records")
    assert first["varied"] == pytest.approx(0.8 * (0.5 + 0.5 + 0.75) / 3)  # fog, sre and real time weigh alike
    assert first["relative_drop"] == pytest.approx(1 - (0.5 + 0.5 + 0.75) / 3)
    assert (first["worst"], first["lowest"]) == ("fog@5", pytest.approx(0.2))  # the control, at 0, is none
    assert second["clean"] == 0.5


def test_tables_say_what_they_hold() -> None:
    table = rows("b", "official", ("one", "two"))
    summary = robustness_table(summary_table(table))
    assert [cell.text for cell in summary.rows[0]] == ["one", "b", "4", "80.0", "46.7", "41.7 %", "fog@5: 20.0"]
    each = variation_table(table, "b")
    assert each.columns == ("Kind", "Variation", "Level", "one", "two", "PSNR", "SSIM", "Queries a frame")
    assert [cell.text for cell in each.rows[0]] == ["none", "clean", "–", "80.0", "50.0", "–", "–", "–"]
    assert [cell.text for cell in each.rows[-1]] == [
        "attack",
        "random_noise",
        "3",
        "0.0",
        "0.0",
        "30.1",
        "0.900",
        "0.0",
    ]


def test_plots_and_section(tables: Callable[..., ReportTables]) -> None:
    plain = tables()
    (view, *_) = views(plain)
    full = replace(
        plain,
        robustness=rows(view.benchmark, view.protocol, view.trackers[:2]),
        examples={(view.benchmark, "fog@5"): StripFrame(3, 4, 4, b"jpeg")},
    )
    with look():
        plots = {plot.name: plot for plot in draw(full, view)}
    assert list(plots) == ["robustness_heatmap", "robustness_severity", "robustness_real_time"]
    heat = plots["robustness_heatmap"].figure.axes[0]
    assert [label.get_text() for label in heat.get_xticklabels()] == ["fog@1", "fog@5", "sre", "random_noise@3"]
    assert [text.get_text() for text in heat.texts[:3]] == ["75", "25", "50"]
    curve = plots["robustness_severity"].figure.axes[0].lines[0]
    assert curve.get_ydata() == pytest.approx([80, 60, 20])
    page = render_page(full, (view,))
    assert 'id="robustness"' in page
    assert page.count("data:image/png;base64,") == 3
    assert "a frame under fog@5" in page
    assert 'id="robustness"' not in render_page(plain, (view,))
    with look():
        assert list(draw(plain, view)) == []
        assert list(draw(full, None)) == []
