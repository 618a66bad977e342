"""A further metric is one entry of the registry: score, tables, report and page have it then."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from evalkit.scoring import tables
from evalkit.scoring.aggregation import combine, score_sequence
from evalkit.scoring.metrics import METRICS, Metric, stated_metrics
from evalkit.scoring.protocols import TABLE, rules_for
from evalkit.scoring.rules import Rules
from evalkit.scoring.scores import BenchmarkScore
from evalkit.sequences.sequence import Sequence
from evalkit.types import Vector
from reports.inputs import ReportTables
from reports.page.render import render_page
from reports.score_formats import format_scores
from reports.tables import score_table
from reports.views import views
from stdtrack.api.report_methods import metric_methods

FRAMES, SHIFTED = 20, 5


def share_above_four_fifths(thresholds: Vector, values: Vector) -> float:
    return float(values[int(np.argmin(np.abs(thresholds - 0.8)))])


@pytest.fixture
def sr80(monkeypatch: pytest.MonkeyPatch) -> Metric:
    sentence = "Share of frames with an IoU above 0.8."
    entry = Metric("sr80", "SR0.8", "ope", "success", 2, True, True, sentence, formula=share_above_four_fifths)
    monkeypatch.setitem(METRICS, entry.name, entry)
    return entry


def scored(protocol: str = "official") -> BenchmarkScore:
    """The target is missed in the last 5 of 20 frames, so that 15 of 20 have an IoU of 1."""
    truth = np.tile([10.0, 20, 30, 40], (FRAMES, 1))
    boxes = truth.copy()
    boxes[-SHIFTED:, 0] += 500
    rules = rules_for(protocol, "otb")
    one = score_sequence(Sequence("a", "otb100", truth, 1), [(boxes, "a.txt")], rules)
    two = replace(one, sequence="b")
    return combine([one, two], rules, tracker="mine", benchmark="otb100", protocol=protocol, total=2)


def test_every_protocol_with_the_curve_has_it(sr80: Metric) -> None:
    for protocol, families in TABLE.items():
        if isinstance(families.get("otb"), Rules):
            assert scored(protocol).metrics["sr80"] == pytest.approx(0.75)
            assert scored(protocol).sequences[0].metrics["sr80"] == pytest.approx(0.75)


def test_score_prints_it(sr80: Metric) -> None:
    found = [scored()]
    header, _, row = format_scores(found, "table").splitlines()[2:]
    assert dict(zip(header.split(), row.split(), strict=True))["SR0.8"] == "0.7500"
    header, _, row = format_scores(found, "markdown").splitlines()
    columns = zip(header.split("|"), row.split("|"), strict=True)
    assert {name.strip(): text.strip() for name, text in columns}["SR0.8"] == "0.7500"
    assert json.loads(format_scores(found, "json"))[0]["metrics"]["sr80"] == pytest.approx(0.75)
    header, row = format_scores(found, "csv").splitlines()
    assert float(dict(zip(header.split(","), row.split(","), strict=True))["sr80"]) == pytest.approx(0.75)


def test_a_report_shows_and_explains_it(sr80: Metric) -> None:
    found = [scored()]
    made = ReportTables(
        tables.score_table(found), tables.coverage_table(found), methods=metric_methods(found[0].metrics)
    )
    (view,) = views(made)
    table = score_table(view, made)
    assert table.rows[0][table.columns.index("SR0.8")].text == "75.00"
    page = render_page(made, (view,))
    assert re.search(r"<button[^>]*>SR0\.8<", page)
    assert sr80.sentence in page
    data = json.loads(re.search(r'<script[^>]*id="data"[^>]*>(.*?)</script>', page, re.DOTALL)[1])  # type: ignore[index]
    assert data["metrics"]["sr80"] == {"label": "SR0.8", "percent": True, "digits": 2, "lower": False}


def test_without_it_nothing_knows_it() -> None:
    assert "sr80" not in scored().metrics
    assert stated_metrics("ope") == ("auc", "precision", "normalized_precision", "ao", "sr50", "sr75")


def test_labels_are_those_of_the_papers() -> None:
    labels = [metric.label for metric in METRICS.values() if metric.stated]
    assert labels[:9] == ["AUC", "P", "P_Norm", "AO", "SR0.5", "SR0.75", "A", "R", "EAO"]
    assert labels[9:16] == ["F", "Pr", "Re", "TPR", "TNR", "GM", "MaxGM"]
    assert all(metric.sentence.endswith(".") and metric.name == name for name, metric in METRICS.items())
    assert [name for name, metric in METRICS.items() if not metric.higher_is_better] == [
        "robustness",
        "failures",
        "redetection_delay",
    ]
