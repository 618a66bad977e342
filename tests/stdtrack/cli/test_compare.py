"""``stdtrack compare``."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from evalkit.results.manifest import read_manifest, write_manifest
from stdtrack.cli.main import main


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as caught:
        main(["compare", *map(str, arguments)])
    captured = capsys.readouterr()
    return int(caught.value.code or 0), captured.out, captured.err


def test_json_names_gains_and_losses(make_runs, capsys: pytest.CaptureFixture[str], fits) -> None:
    runs = make_runs({"good": 1.0, "bad": 6.0})
    code, out, _ = run(capsys, runs, "good", "bad", "--format", "json")
    assert code == 0
    (pair,) = json.loads(out)
    fits("compare-1", [pair])
    assert (pair["benchmark"], pair["metric"], pair["sequences"]) == ("folder", "auc", 4)
    assert pair["difference"] == pytest.approx(pair["mean_first"] - pair["mean_second"])
    assert pair["low"] <= pair["difference"] <= pair["high"]
    assert pair["sequences_gained"] == [f"clip{number}" for number in range(4)]
    assert pair["sequences_lost"] == []
    assert pair["claimed"] is False, "four sequences cannot reach p < 0.05 in Wilcoxon's test"


def test_equal_results_give_no_difference(make_runs, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, make_runs({"a": 2.0, "b": 2.0}), "a", "b")
    assert code == 0
    assert "no difference can be claimed" in out
    assert "gained 0: none" in out


def test_common_sequences_alone_count(make_runs, capsys: pytest.CaptureFixture[str], fits) -> None:
    runs = make_runs({"a": 1.0, "b": 2.0}, sequences={"b": range(1)})
    code, out, _ = run(capsys, runs, "a", "b")
    assert code == 0
    assert "1 of 4 sequences, 3 left out" in out
    assert "one sequence alone" in out
    json_out = json.loads(run(capsys, runs, "a", "b", "--format", "json")[1])
    fits("compare-1", json_out)
    assert json_out[0]["low"] is None


def test_an_unknown_tracker_is_named(make_runs, capsys: pytest.CaptureFixture[str]) -> None:
    runs = make_runs({"a": 1.0})
    code, out, err = run(capsys, runs, "a", "b", "--on", "folder")
    assert (code, out) == (2, "")
    assert "no results of 'b' on folder" in err
    assert run(capsys, runs, "a", "b")[0] == 2


@pytest.mark.parametrize("on", [(), ("--on", "folder")])
def test_a_mistyped_tracker_is_suggested(make_runs, on: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    runs = make_runs({"opencv-kcf": 1.0, "other": 2.0})
    code, out, err = run(capsys, runs, "other", "opencv-kfc", *on)
    assert (code, out) == (2, "")
    assert "no results of 'opencv-kfc'" in err
    assert "did you mean 'opencv-kcf'?" in err


def test_trackers_that_share_no_benchmark(make_runs, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = make_runs({"a": 1.0, "b": 2.0})
    shutil.rmtree(runs / "b" / "folder")
    for folder, file in ((runs / "b" / "otb100", "Bolt.txt"), (tmp_path / "OTB100" / "Bolt", "groundtruth_rect.txt")):
        folder.mkdir(parents=True)
        (folder / file).write_text("10,20,30,40\n" * 350)
    root = {"name": "otb100", "options": {}, "root": str(tmp_path / "OTB100"), "origin": 1, "fingerprint": ""}
    recorded = read_manifest(runs / "a" / "folder")
    assert recorded is not None
    write_manifest(runs / "b" / "otb100", replace(recorded, spec="b", benchmark=root))
    code, _, err = run(capsys, runs, "a", "b")
    assert (code, "no benchmark has results of both 'a' and 'b'" in err) == (2, True), err


def test_many_trackers_are_not_all_listed(make_runs, capsys: pytest.CaptureFixture[str]) -> None:
    runs = make_runs({f"tracker{number:02d}": 1.0 for number in range(19)})
    err = run(capsys, runs, "x", "y", "--on", "folder")[2]
    assert "there are: tracker00, tracker01, tracker02, tracker03, tracker04 and 14 more" in err
