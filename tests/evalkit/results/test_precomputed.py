"""Curves that other toolkits published: MATLAB's perfMat and the OTB Python toolkit's score files."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io
from click.testing import CliRunner

from evalkit.errors import InputError
from evalkit.scoring.precomputed import read_precomputed
from stdtrack.cli.report import report

OVERLAP, ERROR = "aveSuccessRatePlot_2alg_overlap_OPE.mat", "aveSuccessRatePlot_2alg_error_OPE.mat"


def perfmat(path: Path, names: list[str], curves: np.ndarray) -> None:
    cell = np.array([[name] for name in names], dtype=object)
    stream = io.BytesIO()
    scipy.io.savemat(stream, {"nameTrkAll": cell, "aveSuccessRatePlot": curves})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(stream.getvalue())


def curves(thresholds: int, *, trackers: int = 2, sequences: int = 3) -> np.ndarray:
    """A different constant for each tracker and sequence, but one curve that rises along its thresholds."""
    table = np.arange(trackers * sequences, dtype=float).reshape(trackers, sequences, 1) / 10 + np.zeros(thresholds)
    table[0, 0] = np.arange(thresholds) / 100
    return table


def test_perfmat_is_averaged_over_sequences_then_thresholds(tmp_path: Path) -> None:
    """KCF: curves k/100, 0.1 and 0.2; MIL: 0.3, 0.4 and 0.5."""
    perfmat(tmp_path / OVERLAP, ["KCF", "MIL"], curves(21))
    perfmat(tmp_path / ERROR, ["KCF", "MIL"], curves(51))
    scores, holds_results = read_precomputed(tmp_path, "otb100")
    assert not holds_results
    first, second = scores
    assert (first.tracker, first.protocol, first.sequences_total, first.total_verified) == ("KCF", "perfmat", 3, False)
    assert first.metrics["auc"] == pytest.approx((0.1 + 0.1 + 0.2) / 3)
    assert first.metrics["precision"] == pytest.approx((0.2 + 0.1 + 0.2) / 3)  # at 20 pixels, the threshold 20
    assert first.metrics["sr50"] == pytest.approx((0.1 + 0.1 + 0.2) / 3)
    assert first.metrics["sr75"] == pytest.approx((0.15 + 0.1 + 0.2) / 3)
    assert second.metrics["auc"] == pytest.approx(0.4)
    assert list(first.curves["success"].thresholds[[0, 10, 20]]) == pytest.approx([0, 0.5, 1])


SCORES: dict[str, Any] = {"name": "ALL", "tracker": "KCF", "evalType": "OPE", "seqs": ["a", "b"]}
SCORES |= {"successRateList": [0.25] * 21, "precisionList": [0.5] * 20 + [0.75] * 31, "overlapScores": [0.1, 0.4]}


def test_score_files_of_the_python_toolkit(tmp_path: Path) -> None:
    (tmp_path / "ALL.json").write_text(json.dumps(SCORES))
    (tmp_path / "BC.json").write_text(json.dumps({**SCORES, "name": "BC", "seqs": ["a"]}))
    (tmp_path / "other.json").write_text(json.dumps({**SCORES, "evalType": "TRE"}))
    whole, part = read_precomputed(tmp_path, "otb100")[0]
    assert (whole.attribute, whole.sequences_total, part.attribute, part.sequences_total) == (None, 2, "BC", 1)
    assert whole.metrics["auc"] == pytest.approx(0.25)
    assert whole.metrics["precision"] == pytest.approx(0.75)


def test_results_beside_them_are_seen(tmp_path: Path) -> None:
    perfmat(tmp_path / OVERLAP, ["KCF", "MIL"], curves(21))
    (tmp_path / "README.txt").write_text("read me")
    assert read_precomputed(tmp_path, "otb100")[1] is False
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "Biker.txt").write_text("1,2,3,4\n")
    assert read_precomputed(tmp_path, "otb100")[1] is True


@pytest.mark.parametrize(
    ("names", "table", "problem"),
    [
        (["KCF"], curves(21), "names 1 trackers, but has curves of 2"),
        (["KCF", "MIL"], curves(30), "curves of 30 thresholds; success has 21, precision 51"),
        (["KCF", "MIL"], curves(21)[0], "has no T x S x K table"),
        (["KCF", "MIL"], curves(21) * 100, "not of fractions"),
        (["KCF", "MIL"], curves(21) * np.nan, "not of fractions"),
        (["KCF", "KCF"], curves(21), "other curves of a tracker"),
    ],
)
def test_perfmat_that_is_not_read(tmp_path: Path, names: list[str], table: np.ndarray, problem: str) -> None:
    perfmat(tmp_path / OVERLAP, names, table)
    with pytest.raises(InputError, match=re.escape(problem)):
        read_precomputed(tmp_path, "otb100")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"successRateList": [0.5]}, "'successRateList' is no list of 21 numbers"),
        ({"precisionList": ["x"] * 51}, "'precisionList' holds what is no number"),
        ({"successRateList": [2] * 21}, "not of fractions"),
        ({"tracker": 1}, "has no 'tracker', 'name' and 'seqs'"),
    ],
)
def test_score_files_that_are_not_read(tmp_path: Path, changes: dict[str, Any], problem: str) -> None:
    (tmp_path / "ALL.json").write_text(json.dumps(SCORES | changes))
    with pytest.raises(InputError, match=re.escape(problem)):
        read_precomputed(tmp_path, "otb100")


def test_a_report_shows_them_under_their_own_rules(tmp_path: Path) -> None:
    """No annotation is at hand, and none is needed."""
    perfmat(tmp_path / "in" / OVERLAP, ["KCF", "MIL"], curves(21))
    (tmp_path / "in" / "BC.json").write_text(json.dumps({**SCORES, "name": "BC"}))
    arguments = [str(tmp_path / "in"), "--on", "otb100", "--out", str(tmp_path / "out"), "--only", "tables,html"]
    result = CliRunner().invoke(report, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    assert "KCF, MIL on otb100: curves of another toolkit, taken as published" in result.output
    tables = "".join(path.read_text() for path in (tmp_path / "out").rglob("*.csv"))
    assert "perfmat" in tables
    assert "KCF" in tables
    assert "MIL,0.4," in tables


def test_published_perfmat_gives_the_toolkits_figures(shared: Path) -> None:
    folder = shared / "lists" / "formats"
    if not folder.is_dir():
        pytest.skip("skipped: no ../shared/lists/formats")
    expected = json.loads((folder / "expected.json").read_text())
    scores = {score.tracker: score for score in read_precomputed(folder / "perfmat", "otb100")[0]}
    for name, facts in expected.items():
        if name.startswith("perfmat/") and "overlap" in name:
            for tracker, mean in zip(facts["trackers"], facts["mean_over_sequences_and_thresholds"], strict=True):
                assert scores[tracker].metrics["auc"] == pytest.approx(mean, abs=1e-6)
    at_20 = expected["perfmat/aveSuccessRatePlot_1alg_error_OPE.mat"]["at_threshold_20"][0]
    assert scores["CN"].metrics["precision"] == pytest.approx(at_20, abs=1e-6)
    (part,) = read_precomputed(folder / "otb_python_json", "otb100")[0]
    mean = expected["otb_python_json/IVT_scores_cvpr13_BC.json"]["overlap_percent"] / 100
    assert (part.attribute, part.metrics["auc"]) == ("BC", pytest.approx(mean, abs=1e-12))
