"""What confidences are worth, in a report: table, plots, the page's section; and nothing where there are none."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evalkit.scoring.longterm.runs import LongTermRun
from evalkit.scoring.quality.judging import judge
from evalkit.scoring.quality.results import Quality
from evalkit.scoring.quality.tables import quality_table, reliability_table, risk_table
from reports.inputs import ReportTables
from reports.page.render import render_page
from reports.plots import draw_all
from reports.quality import quality_sections
from reports.quality_view import quality_view
from reports.report import write_report
from reports.views import views

NAMES = ("honest", "too sure", "silent")


def run(confidence: np.ndarray, overlaps: np.ndarray) -> LongTermRun:
    count = len(overlaps)
    flags = np.ones(count, dtype=bool)
    boxes = np.zeros((count, 4))
    return LongTermRun(np.arange(count), boxes, overlaps, overlaps, confidence, flags, flags, count)


@pytest.fixture
def judged() -> list[Quality]:
    overlaps = np.random.default_rng(0).uniform(0, 1, 400)
    honest, sure = judge([run(overlaps, overlaps)], "honest", "otb100"), run(overlaps**0.25, overlaps)
    silent = Quality("silent", "otb100", note="the results have no confidences")
    return [judge([sure], "too sure", "otb100"), honest, silent]


@pytest.fixture
def with_quality(tables: Any, judged: list[Quality]) -> ReportTables:
    made: ReportTables = tables(NAMES)
    return replace(made, quality=quality_table(judged), reliability=reliability_table(judged), risks=risk_table(judged))


def test_the_table_names_every_tracker_and_ranks_those_with_figures(with_quality: ReportTables) -> None:
    (view,) = views(with_quality)
    table = quality_view(view, with_quality)
    assert table is not None
    rows = dict(zip(table.keys, table.rows, strict=True))
    assert set(rows) == set(NAMES)
    ece = table.columns.index("ECE")
    assert (rows["honest"][ece].text, rows["honest"][ece].rank) == ("0.000", 1)
    assert rows["too sure"][ece].rank == 2
    assert rows["silent"][ece].text == "–"
    assert rows["silent"][-1].text == "the results have no confidences"
    assert "ROC absent" not in table.columns  # no frame without the target


def test_the_plots(with_quality: ReportTables) -> None:
    (view,) = views(with_quality)
    plots = {plot.name: plot for plot in draw_all(with_quality, view)}
    axes = plots["reliability"].figure.axes[0]
    assert len(axes.lines) == 3  # the diagonal and two trackers
    texts = [text.get_text() for text in plots["risk_coverage"].figure.legends[0].get_texts()]
    assert len(texts) == 2
    assert sorted(float(text[1:6]) for text in texts) == [float(text[1:6]) for text in texts]


def test_the_page_has_a_section_and_its_charts(with_quality: ReportTables) -> None:
    page = render_page(with_quality, views(with_quality))
    assert '<section id="confidence"' in page
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    (view,) = json.loads(found[1])["views"]
    reliability, risk = view["confidence"]
    names = [tracker["label"] for tracker in json.loads(found[1])["trackers"]]
    assert set(reliability["values"]) == {str(names.index("honest")), str(names.index("too sure"))}
    assert len(reliability["x"]) == 10
    honest = risk["y"][str(names.index("honest"))]
    assert honest == sorted(honest)
    assert len(honest) == len(risk["x"]) == 50


def test_without_confidences_there_is_no_section_and_no_plot(tables: Any) -> None:
    made: ReportTables = tables(2)
    page = render_page(made, views(made))
    assert "confidence</h2>" not in page.lower()
    assert {"reliability", "risk_coverage"}.isdisjoint(plot.name for plot in draw_all(made, views(made)[0]))


def test_a_report_writes_the_table(with_quality: ReportTables, tmp_path: Path) -> None:
    written = write_report(with_quality, tmp_path / "report", parts=["tables"])
    files = {path.name: path for path in written.tables}
    header, *rows = (line.split(",") for line in files["quality.csv"].read_text().splitlines())
    assert header[:3] == ["benchmark", "Tracker", "ECE"]
    assert {row[1] for row in rows} == set(NAMES)


def test_the_text_is_narrow_enough_and_says_who_has_none(judged: list[Quality]) -> None:
    (text,) = quality_sections(judged)
    assert "silent: the results have no confidences" in text
    assert "399 frames with a target, 0 without" in text
    assert max(map(len, text.splitlines())) <= 80
