"""From results with and without confidences to what they are worth, on disk and by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import evalkit
from evalkit.scoring.quality.results import MEASURES, Quality
from evalkit.scoring.quality.tables import quality_table, reliability_table, risk_table
from stdtrack.cli.main import cli

HERE, HALF, AWAY = "10,10,20,20", "20,10,20,20", "100,100,20,20"  # HALF overlaps HERE by 1/3
TRUTH = [*[HERE] * 6, "nan,nan,nan,nan", "nan,nan,nan,nan"]
ROWS = [HERE, HERE, HALF, AWAY, HERE, AWAY, HERE, HERE]
SURE = ["1", "0.95", "0.65", "0.25", "0.95", "0.45", "0.05", "0.35"]


def write(root: Path, tracker: str, scores: list[str] | None, rows: list[str] = ROWS) -> Path:
    data, folder = root / "data" / "clip", root / "runs" / tracker / "folder"
    data.mkdir(parents=True, exist_ok=True)
    folder.mkdir(parents=True)
    (data / "groundtruth.txt").write_text("\n".join(TRUTH) + "\n")
    (folder / "clip.txt").write_text("\n".join(rows) + "\n")
    if scores is not None:
        (folder / "clip_score.txt").write_text("\n".join(scores) + "\n")
    return root


def judged(root: Path) -> dict[str, Quality]:
    scores = evalkit.score(root / "runs", on="folder", data=root / "data")
    return {each.tracker: each for each in scores.quality()}


def test_figures_by_hand(tmp_path: Path) -> None:
    (found,) = judged(write(tmp_path, "mine", SURE)).values()
    # Frames 1 to 5 have a target: IoU 1, 1/3, 0, 1, 0 at confidences .95, .65, .25, .95, .45; frames 6 and 7 have none.
    assert (found.frames, found.lost, found.absent, found.note) == (5, 2, 2, "")
    measures = found.measures
    assert measures["ece"] == pytest.approx((2 * 0.05 + abs(0.65 - 1 / 3) + 0.25 + 0.45) / 5)
    # By falling confidence the losses are 0, 0, 2/3, 1, 1.
    assert measures["aurc"] == pytest.approx((0 + 0 + 2 / 9 + (5 / 3) / 4 + (8 / 3) / 5) / 5)
    assert measures["lost_auroc"] == measures["lost_ap"] == 1.0
    # Without target: .05 and .35; of the ten pairs with .95 .65 .25 .95 .45 only (.35, .25) is in the wrong order.
    assert measures["absence_auroc"] == pytest.approx(0.9)
    assert measures["absence_ap"] == pytest.approx((1 / 1 + 2 / 3) / 2)
    assert found.reliability is not None
    assert found.reliability.frames.tolist() == [0, 0, 1, 0, 1, 0, 1, 0, 0, 2]


def test_a_tracker_without_confidences_is_said_and_the_others_go_on(tmp_path: Path) -> None:
    write(tmp_path, "silent", None)
    found = judged(write(tmp_path, "mine", SURE))
    assert found["silent"].note == "the results have no confidences"
    assert (found["silent"].frames, set(found["silent"].measures.values())) == (0, {None})
    assert found["mine"].frames == 5


@pytest.mark.parametrize(
    ("scores", "note", "none"),
    [
        (["1"] * 8, "the confidence is 1 in every frame with a target", {"spearman"}),
        (["1", "-3", "7", "2", "2", "2", "2", "2"], "confidences from -3 to 7 are no probabilities", {"ece"}),
        (["1", "nan", *SURE[2:]], "1 frames without a confidence are left out", set()),
        (["1"] + ["nan"] * 7, "no frame has both a target and a confidence", set(MEASURES)),
        (SURE[:-1], "not judged: .*clip_score.txt: 7 values for a result of 8 rows", set(MEASURES)),
        (["high"] * 8, "not judged: .*row 1: 'high' is not a number", set(MEASURES)),
    ],
)
def test_odd_confidences_are_told(scores: list[str], note: str, none: set[str], tmp_path: Path) -> None:
    import re

    write(tmp_path, "odd", scores)
    found = judged(write(tmp_path, "mine", SURE))
    assert re.search(note, found["odd"].note)
    assert {name for name, value in found["odd"].measures.items() if value is None} == none
    assert found["mine"].note == ""


def test_without_lost_or_absent_frames_there_is_nothing_to_tell_apart(tmp_path: Path) -> None:
    root = write(tmp_path, "mine", SURE[:6], [HERE, HERE, HALF, HALF, HERE, HALF])
    (root / "data" / "clip" / "groundtruth.txt").write_text("\n".join([HERE] * 6) + "\n")
    (found,) = judged(root).values()
    assert {name for name, value in found.measures.items() if value is None} == {
        "lost_auroc",
        "lost_ap",
        "absence_auroc",
        "absence_ap",
    }


def test_as_tables(tmp_path: Path) -> None:
    write(tmp_path, "silent", None)
    qualities = list(judged(write(tmp_path, "mine", SURE)).values())
    table = quality_table(qualities).set_index("tracker")
    assert table.loc["silent", "frames"] == 0
    assert table["ece"].isna().tolist() == [False, True]
    assert len(reliability_table(qualities)) == 10
    assert risk_table(qualities)["coverage"].tolist() == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])


def test_the_command_prints_it(tmp_path: Path, fits) -> None:
    write(tmp_path, "silent", None)
    root = write(tmp_path, "mine", SURE)
    line = ["score", str(root / "runs"), "--on", "folder", "--data", str(root / "data"), "--quality"]
    text = CliRunner().invoke(cli, line)
    assert text.exit_code == 0
    assert "folder, quality of the confidences" in text.stdout
    assert "silent: the results have no confidences" in text.stdout
    assert "ROC lost" in text.stdout
    both = json.loads(CliRunner().invoke(cli, [*line, "--format", "json"]).stdout)
    fits("score-1", both)
    worth = {each["tracker"]: each["quality"] for each in both}
    assert worth["mine"]["lost_auroc"] == 1.0
    assert worth["mine"]["risk_coverage"]["coverage"][-1] == 1.0
    assert worth["mine"]["reliability"]["overlap"][0] is None
    assert worth["silent"]["note"] == "the results have no confidences"
    rows = CliRunner().invoke(cli, [*line, "--format", "csv"]).stdout.splitlines()
    titles, mine = (row.split(",") for row in rows[:2])
    assert mine[titles.index("quality_lost_auroc")] == "1.0"
    assert mine[titles.index("quality_frames")] == "5"
    for form in ("markdown", "latex"):
        assert "ROC lost" in CliRunner().invoke(cli, [*line, "--format", form]).stdout
    without = json.loads(CliRunner().invoke(cli, [*line[:-1], "--format", "json"]).stdout)
    assert "quality" not in without[0]
