"""``stdtrack report``: from folders of results to a report, whatever the folders hold."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from stdtrack.cli.main import main
from tests.installed import install
from tests.reports.packed import unpacked


def run(*arguments: str | Path) -> int:
    with pytest.raises(SystemExit) as caught:
        main(["report", *map(str, arguments)])
    return int(caught.value.code or 0)


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


def payload(page: str) -> dict:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found.group(1))


def test_the_whole_way(make_runs, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = make_runs({"one": 1.0, "two": 4.0})
    assert run(runs, "--out", tmp_path / "out") == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert (tmp_path / "out" / "report.html").resolve().as_uri() in captured.err
    plots = tmp_path / "out" / "plots" / "folder-official"
    assert {path.suffix for path in plots.iterdir()} == {".png", ".svg", ".pdf"}
    assert {"success", "precision", "speed_accuracy", "heatmap"} <= {path.stem for path in plots.iterdir()}
    scores = rows(tmp_path / "out" / "tables" / "folder-official" / "scores.csv")
    assert [row["Tracker"] for row in scores] == ["one", "two"]
    assert float(scores[0]["FPS"]) == pytest.approx(100)
    assert not list((tmp_path / "out").rglob("*.tmp"))


def test_a_plot_that_cannot_be_imported_is_said_and_left_out(
    make_runs, tmp_path: Path, site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install(site, "torn", "[stdtrack.plots]\ntorn = torn_plots:draw\n")
    assert run(make_runs({"one": 1.0}), "-o", tmp_path / "out", "--only", "plots") == 0
    assert "plots: left out: the plot 'torn', torn_plots:draw, cannot be imported" in " ".join(
        capsys.readouterr().err.split()
    )
    assert list((tmp_path / "out").rglob("success.png"))


def test_the_page_has_frames_with_boxes_and_where_they_come_from(make_runs, tmp_path: Path) -> None:
    runs = make_runs({"one": 1.0}, note="untrained")
    assert run(runs, "-o", tmp_path / "out", "--only", "html") == 0
    assert not (tmp_path / "out" / "plots").exists()
    page = (tmp_path / "out" / "report.html").read_text()
    data = payload(page)
    pictures = data["pictures"]["folder"]["clip1"]
    assert (pictures[0]["frame"], pictures[-1]["frame"], pictures[0]["width"]) == (0, 11, 80)
    frames = unpacked(data["frames"]["folder"]["clip1"])
    assert frames.played == list(range(12))
    assert frames.boxes[-1][-1] == pytest.approx([22, 17.5, 20, 16])  # the ground truth
    assert frames.boxes[0][-1] == pytest.approx([23.2, 17.5, 20, 16], abs=0.26)
    assert data["trackers"][0]["label"] == "one (untrained)"
    for words in ("Example CPU", "OTB&#39;s rules", "1 worker(s), 2 thread(s)"):
        assert words in page


def test_missing_sequences_are_marked_by_tracker(make_runs, tmp_path: Path) -> None:
    runs = make_runs({"whole": 1.0, "half": 1.0}, sequences={"half": range(2)})
    assert run(runs, "-o", tmp_path / "out", "--only", "tables") == 0
    scores = rows(tmp_path / "out" / "tables" / "folder-official" / "scores.csv")
    assert any("2 of 4 sequences" in row["Tracker"] for row in scores)


def test_speeds_of_parallel_runs_are_left_out_with_the_reason(make_runs, tmp_path: Path) -> None:
    runs = make_runs({"one": 1.0, "two": 2.0}, workers=2)
    assert run(runs, "-o", tmp_path / "out", "--only", "tables,html") == 0
    assert "2 workers" in (tmp_path / "out" / "tables" / "folder-official" / "scores.md").read_text()
    assert "2 workers" in (tmp_path / "out" / "report.html").read_text()


def test_names_of_trackers_may_hold_anything(make_runs, tmp_path: Path) -> None:
    names = ["<script>alert(1)</script>", "a/b c", "50%_$x$ & {y}"]
    runs = make_runs({name: 1.0 + at for at, name in enumerate(names)})
    assert run(runs, "-o", tmp_path / "out", "--only", "html,tables") == 0
    page = (tmp_path / "out" / "report.html").read_text()
    assert page.count("<script") == 2
    assert {each["label"] for each in payload(page)["trackers"]} == set(names)
    assert r"50\%\_\$x\$ \& \{y\}" in (tmp_path / "out" / "tables" / "folder-official" / "scores.tex").read_text()


def test_other_peoples_results_need_no_record(make_runs, own_data: Path, tmp_path: Path) -> None:
    runs = make_runs({"one": 1.0})
    (runs / "one" / "folder" / "run.json").unlink()
    out = tmp_path / "out"
    assert run(runs, "-o", out, "--on", "folder", "--data", own_data, "--only", "tables", "--protocol", "pysot") == 0
    assert (out / "tables" / "folder-pysot" / "scores.csv").is_file()


def test_a_report_may_lie_inside_the_runs_and_be_made_again(make_runs, tmp_path: Path) -> None:
    runs = make_runs({"one": 1.0, "two": 2.0})
    for _ in range(2):
        assert run(runs, "-o", runs / "report", "--only", "tables,html") == 0
    scores = rows(runs / "report" / "tables" / "folder-official" / "scores.csv")
    assert [row["Tracker"] for row in scores] == ["one", "two"]


def test_profiles_join_the_report(make_runs, tmp_path: Path) -> None:
    runs = make_runs({"one": 1.0})
    profile = tmp_path / "profile"
    profile.mkdir()
    resources = [{"tracker": "one", "parameters": 1_500_000, "frame_macs": 160_000_000}]
    content = {"format": 1, "machine": {"cpu": "Other CPU"}, "tables": {"resources": resources}}
    (profile / "profile.json").write_text(json.dumps(content))
    assert run(runs, profile, "-o", tmp_path / "out", "--only", "html,tables") == 0
    page = (tmp_path / "out" / "report.html").read_text()
    assert "1,500,000" in page
    assert "Example CPU; Other CPU" in page
    assert (tmp_path / "out" / "tables" / "profile" / "resources.tex").is_file()


def test_published_figures_are_marked(make_runs, tmp_path: Path) -> None:
    assert run(make_runs({"one": 1.0}), "-o", tmp_path / "out", "--only", "html,tables", "--published") == 0
    assert "STDTrack †" in (tmp_path / "out" / "report.html").read_text()
    assert (tmp_path / "out" / "tables" / "published.md").is_file()


def fails(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    assert run(*arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Traceback" not in captured.err
    return captured.err.splitlines()[-1]


def test_all_failed_runs_are_a_clear_error(make_runs, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = make_runs({"one": 1.0}, sequences={"one": range(0)})
    assert str(runs) in fails(capsys, runs, "-o", tmp_path / "out")
    assert str(runs) in fails(capsys, runs, "-o", tmp_path / "out", "--on", "folder")


def test_one_failed_run_is_named_beside_the_others(
    make_runs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = make_runs({"one": 1.0, "failed": 1.0}, sequences={"failed": range(0)})
    assert run(runs, "-o", tmp_path / "out", "--only", "tables") == 0
    assert "failed/folder: left out, it has no result" in capsys.readouterr().err


def test_a_spoilt_result_names_file_and_row(make_runs, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = make_runs({"one": 1.0})
    path = runs / "one" / "folder" / "clip2.txt"
    path.write_text(path.read_text().replace("13", "x", 1))
    line = fails(capsys, runs, "-o", tmp_path / "out")
    assert "clip2.txt" in line
    assert "row" in line


def test_an_unreadable_image_costs_its_strip_alone(
    make_runs, own_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = make_runs({"one": 1.0})
    (own_data / "clip3" / "img" / "0000.png").write_bytes(b"no image")
    assert run(runs, "-o", tmp_path / "out", "--only", "html") == 0
    assert "no frames of folder/clip3" in capsys.readouterr().err
    assert set(payload((tmp_path / "out" / "report.html").read_text())["pictures"]["folder"]) == {
        "clip0",
        "clip1",
        "clip2",
    }


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--only", "plots,pictures"], "no part 'pictures'"),
        (["--protocol", "nonsense"], "unknown protocol 'nonsense'"),
        (["--on", "nonsense"], "unknown benchmark 'nonsense'"),
    ],
)
def test_wrong_use(
    make_runs, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert words in fails(capsys, make_runs({"one": 1.0}), "-o", tmp_path / "out", *arguments)


def test_a_folder_that_is_no_profile(make_runs, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = make_runs({"one": 1.0})
    assert "no profile.json" in fails(capsys, runs, tmp_path, "-o", tmp_path / "out")
    (tmp_path / "profile.json").write_text("[" * 100_000)
    assert "profile.json: is nested more than 64 deep" in fails(capsys, runs, tmp_path, "-o", tmp_path / "out")


def test_runs_that_are_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "nowhere" in fails(capsys, tmp_path / "nowhere", "-o", tmp_path / "out")


def test_a_plot_that_came_after_the_installation_is_told(
    make_runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stale = "sundial came after this package was installed: run `pip install -e .` again"
    monkeypatch.setattr("stdtrack.api.reporting.reinstall_hint", lambda group: stale)
    assert run(make_runs({"one": 1.0}), "-o", tmp_path / "out", "--only", "plots") == 0
    assert f"plots: {stale}" in capsys.readouterr().err
