"""Reports read the tables that scoring writes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from evalkit.scoring import tables
from evalkit.scoring.columns import SHOWN_BOXES, SHOWN_FRAMES
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


def test_a_report_gets_boxes_of_the_frames_it_shows_alone() -> None:
    boxes = np.arange(12.0).reshape(3, 4)
    detail = FrameDetail(boxes, boxes + 100, np.zeros(3, dtype=bool), np.zeros(3), np.zeros(3))
    scores = [
        replace(
            SCORE, sequences=(replace(SEQUENCE, sequence=name, overlaps=np.ones(3), errors=np.ones(3), detail=detail),)
        )
        for name in ("a", "b")
    ]
    shown = tables.frame_table(scores, SHOWN_BOXES, {("otb100", "b"): [0, 2]})
    assert tuple(shown.columns) == SHOWN_BOXES
    assert shown[["sequence", "frame", "x", "gt_h"]].values.tolist() == [["b", 0, 0.0, 103.0], ["b", 2, 8.0, 111.0]]
    frames = tables.frame_table(scores, SHOWN_FRAMES, categories=True)
    assert tuple(frames.columns) == SHOWN_FRAMES
    assert frames["sequence"].tolist() == ["a", "a", "a", "b", "b", "b"]
    assert frames["sequence"].memory_usage(index=False, deep=True) < 6 * 100
    assert frames.equals(tables.frame_table(scores, SHOWN_FRAMES).astype(frames.dtypes.to_dict()))
