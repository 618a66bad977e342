"""Reports read the tables that scoring writes."""

from __future__ import annotations

import numpy as np
import pytest

from evalkit.scoring import tables
from evalkit.scoring.scores import BenchmarkScore, Curve, FrameDetail, SequenceScore
from evalkit.scoring.statistics import interval_table
from reports.inputs import TABLES

ONE = np.zeros(1)
DETAIL = FrameDetail(np.zeros((1, 4)), np.zeros((1, 4)), np.zeros(1, dtype=bool), ONE, ONE)
SEQUENCE = SequenceScore("a", 1, {"auc": 0.5}, {"success": ONE}, ONE, ONE, DETAIL)
SCORE = BenchmarkScore(
    "t", "otb100", "official", {"auc": 0.5}, {"success": Curve(ONE, ONE)}, (SEQUENCE,), 1, attribute="OCC"
)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("scores", tables.score_table),
        ("curves", tables.curve_table),
        ("coverage", tables.coverage_table),
        ("attributes", tables.attribute_table),
        ("frames", tables.frame_table),
        ("boxes", tables.frame_table),
        ("intervals", interval_table),
    ],
)
@pytest.mark.parametrize("scores", [[], [SCORE]], ids=["empty", "one"])
def test_every_table_has_the_columns_that_a_report_needs(name: str, make, scores: list[BenchmarkScore]) -> None:
    assert set(TABLES[name]) <= set(make(scores).columns)
