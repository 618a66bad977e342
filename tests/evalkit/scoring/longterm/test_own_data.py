"""Long-term measures of one's own sequences: absent frames, what the tracker says, what is missing; by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import evalkit
from evalkit.errors import InputError
from evalkit.scoring.scores import BenchmarkScore

HERE, AWAY = "10,10,20,20", "100,100,20,20"
# Ten frames: there, gone in 3 to 5, back elsewhere from 6 on.
TRUTH = [*[HERE] * 3, *["nan,nan,nan,nan"] * 3, *[AWAY] * 4]


def write(root: Path, rows: list[str], truth: list[str] = TRUTH, **beside: list[str]) -> Path:
    for path in (root / "data" / "clip", root / "runs" / "mine" / "folder"):
        path.mkdir(parents=True, exist_ok=True)
    (root / "data" / "clip" / "groundtruth.txt").write_text("\n".join(truth) + "\n")
    (root / "runs" / "mine" / "folder" / "clip.txt").write_text("\n".join(rows) + "\n")
    for name, lines in beside.items():
        (root / "runs" / "mine" / "folder" / f"clip_{name}.txt").write_text("\n".join(lines) + "\n")
    return root


def score(root: Path, *, keep_frames: bool = False) -> BenchmarkScore:
    (found,) = evalkit.score(
        root / "runs", on="folder", data=root / "data", protocols="long-term", keep_frames=keep_frames
    )
    return found


def test_a_tracker_that_says_when_it_has_lost(tmp_path: Path) -> None:
    # It stays at the old place; says "gone" in frames 4 to 7 (one too late, two too long), and is right from 7 on.
    rows = [*[HERE] * 7, *[AWAY] * 3]
    said = ["1", "1", "1", "1", "0", "0", "0", "0", "1", "1"]
    confidence = ["1", "0.9", "0.9", "0.5", "0.1", "0.1", "0.1", "0.1", "0.9", "0.8"]
    found = score(write(tmp_path, rows, visible=said, score=confidence)).metrics
    # Frames 1 to 9: a target in 1, 2, 6, 7, 8, 9, right and reported in 1, 2, 8, 9; none in 3 (box), 4, 5 (said so).
    assert found["tpr"] == pytest.approx(4 / 6)
    assert found["tnr"] == pytest.approx(2 / 3)
    assert found["gm"] == found["maxgm"] == pytest.approx(2 / 3)
    # One return at frame 6, first reported with IoU > 0.5 in frame 8.
    assert (found["redetected"], found["redetected_soon"], found["redetection_delay"]) == (1.0, 1.0, 2.0)
    # All ten frames: 1 in 0, 1, 2, 4, 5, 8, 9, else 0; an overlap of 1 is above 20 of 21 thresholds.
    assert found["absence_auc"] == pytest.approx(0.7 * 20 / 21)
    # The best threshold is 0.8: frames 1, 2, 8, 9, all right; 7 frames have a target.
    assert found["lt_precision"] == pytest.approx(1.0)
    assert found["lt_recall"] == pytest.approx(4 / 7)
    assert found["f_score"] == pytest.approx(2 * (4 / 7) / (1 + 4 / 7))


def test_without_a_word_a_box_is_a_report_and_a_score_of_0_is_none(tmp_path: Path) -> None:
    rows = [*[HERE] * 6, *[AWAY] * 4]
    silent = score(write(tmp_path / "a", rows)).metrics
    assert (silent["tpr"], silent["tnr"]) == (1.0, 0.0)
    assert silent["maxgm"] == pytest.approx(0.5)
    zeros = score(write(tmp_path / "b", rows, score=["1"] * 3 + ["0"] * 3 + ["0.5"] * 4)).metrics
    assert (zeros["tpr"], zeros["tnr"]) == (1.0, 1.0)
    no_box = score(
        write(tmp_path / "c", [*[HERE] * 3, *["nan,nan,nan,nan", "0,0,0,0", "1,1,0,5"], *[AWAY] * 4])
    ).metrics
    assert (no_box["tpr"], no_box["tnr"]) == (1.0, 1.0)


def test_what_is_said_goes_before_the_score(tmp_path: Path) -> None:
    rows = [*[HERE] * 6, *[AWAY] * 4]
    said = ["nan", "1", "1", "0", "0", "nan", "1", "1", "1", "1"]
    found = score(write(tmp_path, rows, visible=said, score=["1"] * 6 + ["0"] * 4)).metrics
    assert (found["tpr"], found["tnr"]) == (1.0, pytest.approx(2 / 3))


def test_truth_without_an_absent_frame_has_f_with_that_remark(tmp_path: Path) -> None:
    found = score(write(tmp_path, [HERE] * 10, [HERE] * 10))
    assert found.metrics["f_score"] == pytest.approx(0.9)  # 9 of 10: the first frame is given
    assert found.metrics["tpr"] == 1.0
    for name in ("tnr", "gm", "maxgm", "redetected", "redetected_soon", "redetection_delay"):
        assert found.metrics[name] is None
    assert any("no frame of the ground truth is without the target" in note for note in found.notes)


def test_frames_are_kept(tmp_path: Path) -> None:
    rows = [*[HERE] * 7, *[AWAY] * 3]
    found = score(write(tmp_path, rows, score=[*["1"] * 9, "0.25"]), keep_frames=True)
    (one,) = found.sequences
    assert one.detail is not None
    np.testing.assert_array_equal(one.overlaps, [1, 1, 1, np.nan, np.nan, np.nan, 0, 1, 1, 1])
    assert one.detail.absent.tolist() == [False] * 3 + [True] * 3 + [False] * 4
    assert one.detail.confidence[-1] == 0.25


def test_beside_the_official_figures(tmp_path: Path) -> None:
    root = write(tmp_path, [*[HERE] * 6, *[AWAY] * 4])
    scores = evalkit.score(root / "runs", on="folder", data=root / "data", protocols="official,long-term")
    official, own = scores
    assert official.metrics["auc"] is not None
    assert own.metrics["f_score"] is not None
    assert "measures" in "".join(scores.explain()[0].lines())
    assert scores.table()["value"].notna().all()
    assert "f_score" in set(scores.curves()["curve"])


@pytest.mark.parametrize(
    ("beside", "said"),
    [
        ({"visible": ["1"] * 9 + ["2"]}, "2 is neither 1, 0 nor nan"),
        ({"visible": ["1"] * 9}, "9 values for a result of 10 rows"),
        ({"score": ["1"] * 11}, "11 values for a result of 10 rows"),
        ({"score": ["1"] * 9 + ["inf"]}, "infinite value"),
        ({"score": ["1,2"] * 10}, "has 2 columns, expected 1"),
    ],
)
def test_wrong_files_beside_a_result(beside: dict[str, list[str]], said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said):
        score(write(tmp_path, [HERE] * 10, **beside))
