"""``stdtrack baseline`` and ``stdtrack check``, from results on disk to exit codes and files."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import yaml

from stdtrack.cli.main import main

SEQUENCES, FRAMES = 12, 40


class Project:
    """Annotations and results of two trackers on a benchmark of one's own."""

    def __init__(self, root: Path) -> None:
        self.runs, self.truth, self.baseline = root / "runs", root / "truth", root / "baseline.json"
        self.root = root
        rng = np.random.default_rng(5)
        starts = rng.uniform(10, 60, (SEQUENCES, 1, 4)) + np.array([0, 0, 30, 30])
        drift = rng.normal(0, 2, (SEQUENCES, FRAMES, 4)).cumsum(axis=1) * [1, 1, 0, 0]
        self.boxes = starts + drift - drift[:, :1] + [200, 200, 0, 0]
        self.truth.mkdir()
        for number, boxes in enumerate(self.boxes):
            self.write(self.truth / f"s{number:02d}.txt", boxes)
        for seed, tracker in enumerate(("my:tracker", "opencv:csrt")):
            self.run(tracker, seed=seed)

    @staticmethod
    def write(path: Path, rows: np.ndarray) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(",".join(map(repr, np.atleast_1d(row).tolist())) + "\n" for row in rows))

    def folder(self, tracker: str) -> Path:
        return self.runs / tracker.replace(":", "%3A") / "folder"

    def run(
        self, tracker: str, *, seed: int = 0, shift: float = 0.0, noise: float = 0.0, seconds: float = 0.01
    ) -> None:
        """Write results: truth with an error of a few pixels, and ``shift`` and ``noise`` on top."""
        rng = np.random.default_rng(seed)
        for number, boxes in enumerate(self.boxes):
            error = rng.normal(0, 3, boxes.shape) * [1, 1, 0.2, 0.2] + [shift, shift, 0, 0]
            error += np.random.default_rng(99).normal(0, 1, boxes.shape) * noise
            error[0] = 0
            self.write(self.folder(tracker) / f"s{number:02d}.txt", boxes + error)
            self.write(self.folder(tracker) / f"s{number:02d}_time.txt", np.full(FRAMES, seconds))

    def stdtrack(self, *arguments: object) -> int:
        """Exit code of the command line."""
        with pytest.raises(SystemExit) as exit_:
            main([str(argument) for argument in arguments])
        code = exit_.value.code
        assert isinstance(code, int)
        return code

    def make_baseline(self, *more: object) -> int:
        return self.stdtrack("baseline", self.runs, "-o", self.baseline, "--annotations", self.truth, *more)

    def check(self, *more: object) -> int:
        arguments = ("--baseline", self.baseline, "--annotations", self.truth)
        return self.stdtrack("check", self.runs, *arguments, *more)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Two trackers' results and their baseline, outside GitHub."""
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "STDTRACK_DATA"):
        monkeypatch.delenv(name, raising=False)
    project = Project(tmp_path)
    assert project.make_baseline() == 0
    return project


def verdicts(captured: str) -> dict[tuple[str, str], str]:
    content: list[dict[str, Any]] = json.loads(captured)
    return {(item["tracker"], item["metric"]): item["verdict"] for item in content}


def test_the_same_results_are_the_same(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert project.check() == 0
    out = capsys.readouterr().out
    assert out.count(": same: auc") == 2
    assert out.count(f"sequences: {SEQUENCES} ({SEQUENCES} with identical boxes)") == 2


def test_a_worse_tracker_exits_one_and_names_it(project: Project, capsys: pytest.CaptureFixture[str], fits) -> None:
    fits("baseline-1", json.loads(project.baseline.read_text()))
    project.run("my:tracker", shift=3.0)
    assert project.check("--format", "json") == 1
    out = capsys.readouterr().out
    fits("check-1", json.loads(out))
    assert verdicts(out) == {("my:tracker", "auc"): "worse", ("opencv:csrt", "auc"): "same"}


def test_a_better_tracker_exits_zero(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    for number, boxes in enumerate(project.boxes):
        project.write(project.folder("my:tracker") / f"s{number:02d}.txt", boxes)
    assert project.check("--format", "json") == 0
    assert verdicts(capsys.readouterr().out)["my:tracker", "auc"] == "better"


def test_float_noise_is_the_same(project: Project) -> None:
    project.run("my:tracker", noise=1e-4)
    assert project.check() == 0


def test_max_drop_is_what_is_tolerated(project: Project) -> None:
    project.run("my:tracker", shift=3.0)
    assert project.check("--max-drop", "0.5") == 0


def test_a_missing_sequence_is_not_comparable(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    (project.folder("my:tracker") / "s03.txt").unlink()
    assert project.check() == 2
    assert "not comparable: sequences: s03 not in the run" in capsys.readouterr().out


def test_a_run_that_came_to_nothing_is_not_comparable(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in project.folder("my:tracker").glob("*.txt"):
        file.unlink()
    (project.folder("my:tracker") / "run.json").write_text("{}")  # as a run of which every sequence failed leaves it
    assert project.check("--junit", tmp_path / "junit.xml", "--format", "json") == 2
    out, err = capsys.readouterr()
    assert {(item["tracker"], item["verdict"]) for item in json.loads(out)} == {
        ("opencv:csrt", "same"),
        ("my:tracker", "not comparable"),
    }
    assert "my:tracker on folder is left out: its run was begun and has no result" in err
    assert "not checked" not in err
    (error,) = ElementTree.parse(tmp_path / "junit.xml").getroot().iter("error")
    assert "its run was begun and has no result" in str(error.get("message"))


def test_worse_goes_before_not_comparable(project: Project) -> None:
    project.run("my:tracker", shift=3.0)
    (project.folder("opencv:csrt") / "s03.txt").unlink()
    assert project.check() == 1


def test_other_annotation_is_not_comparable(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.write(project.truth / "s00.txt", project.boxes[0] + [0, 0, 0.5, 0])
    assert project.check() == 2
    assert "fingerprint: " in capsys.readouterr().out


def test_another_protocol_is_not_comparable(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert project.check("--protocol", "pysot") == 2
    assert "protocol: the baseline has official, the run pysot" in capsys.readouterr().out


def test_the_baselines_protocol_is_the_default(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.make_baseline("--protocol", "pytracking,pysot")
    capsys.readouterr()
    assert project.check() == 0
    assert capsys.readouterr().out.count("(pysot): same") == 2


def test_other_first_boxes_are_not_comparable(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    path = project.folder("my:tracker") / "s05.txt"
    first, _, rest = path.read_text().partition("\n")
    moved = ",".join(str(float(value) + 1) for value in first.split(","))
    path.write_text(f"{moved}\n{rest}")
    assert project.check() == 2
    assert "initial boxes: other ones in s05" in capsys.readouterr().out


def test_junit_and_summary_are_written_where_asked(project: Project) -> None:
    project.run("my:tracker", shift=3.0)
    before = {path.name for path in project.root.iterdir()}
    project.check("--junit", project.root / "j.xml", "--summary", project.root / "s.md")
    suite = ElementTree.parse(project.root / "j.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "1", "0")
    assert "| my:tracker | folder | official | auc |" in (project.root / "s.md").read_text()
    assert {path.name for path in project.root.iterdir()} - before == {"j.xml", "s.md"}


def test_nothing_is_written_unasked(project: Project) -> None:
    before = sorted(project.root.rglob("*"))
    project.check()
    assert sorted(project.root.rglob("*")) == before


def test_github_gets_annotations_and_a_summary(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = project.root / "page.md"
    page.write_text("before\n")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    project.run("my:tracker", shift=3.0)
    assert project.check("--format", "json") == 1
    captured = capsys.readouterr()
    assert verdicts(captured.out)
    assert captured.err.count("::error title=stdtrack check%3A worse::my:tracker on folder") == 1
    assert page.read_text().startswith("before\n## Accuracy against the baseline")


def test_a_summary_on_githubs_page_is_written_once(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    page = project.root / "page.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    project.check("--summary", page)
    assert page.read_text().count("## Accuracy") == 1


def test_what_only_one_side_has_is_said(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.folder("my:tracker").parent.rename(project.runs / "new%3Aone")
    assert project.check() == 0
    err = capsys.readouterr().err
    assert "not checked: new:one on folder is not in the baseline" in err
    assert "not checked: my:tracker on folder is in the baseline, but has no results" in err


@pytest.mark.parametrize("asked", [(), ("--on", "folder")])
def test_a_tracker_that_vanished_fails_a_complete_check(
    project: Project, asked: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    project.run("opencv:csrt")
    assert project.check("--complete", *asked) == 0
    project.folder("my:tracker").parent.rename(project.root / "elsewhere")
    assert project.check(*asked) == 0
    junit = project.root / "check.xml"
    assert project.check("--complete", "--junit", junit, *asked) == 2
    assert "my:tracker on folder (official): not comparable: results: none" in capsys.readouterr().out
    assert 'errors="1"' in junit.read_text()


@pytest.mark.parametrize(
    ("now", "code", "verdict"),
    [((0.03, 0.03), 0, "same"), ((0.012, 0.01), 1, "worse"), ((0.011, 0.01), 0, "same"), ((0.005, 0.01), 0, "better")],
)
def test_speed_is_a_ratio_to_a_reference(
    project: Project, capsys: pytest.CaptureFixture[str], now: tuple[float, float], code: int, verdict: str
) -> None:
    project.run("my:tracker", seed=0, seconds=now[0])
    project.run("opencv:csrt", seed=1, seconds=now[1])
    assert project.check("--format", "json", "--speed-reference", "opencv:csrt") == code
    assert verdicts(capsys.readouterr().out)["my:tracker", "speed relative to opencv:csrt"] == verdict


def test_speed_without_times_is_not_comparable(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    for path in project.folder("my:tracker").glob("*_time.txt"):
        path.unlink()
    assert project.check("--speed-reference", "opencv:csrt") == 2
    assert "times: the run has none of my:tracker" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--speed-reference", "no:such"), "the reference tracker 'no:such' is not in the baseline (it has my:tracker"),
        (("--on", "nonsense"), "nonsense"),
        (("--protocol", "nonsense"), "unknown protocol 'nonsense'"),
        (("--max-drop", "nan"), "tolerated drop must be within 0 and 1"),
        (("--confidence", "2"), "confidence"),
    ],
)
def test_wrong_use_exits_two_in_one_line(
    project: Project, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    assert project.check(*arguments) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "the baseline is no JSON"),
        ('{"format": 7, "records": []}', "format 7, this version reads up to 1"),
        ('{"format": 1, "stdtrack": "", "records": []}', "share no benchmark"),
    ],
)
def test_a_broken_baseline_exits_two(
    project: Project, capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    project.baseline.write_text(text)
    assert project.check() == 2
    assert message in capsys.readouterr().err


def test_no_shared_tracker_exits_two(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.folder("my:tracker").parent.rename(project.runs / "a%3Ab")
    project.folder("opencv:csrt").parent.rename(project.runs / "c%3Ad")
    assert project.check() == 2
    assert "share no tracker" in capsys.readouterr().err


def test_a_baseline_of_a_part_is_one_of_that_part(project: Project) -> None:
    for name in ("s10", "s11"):
        for tracker in ("my:tracker", "opencv:csrt"):
            (project.folder(tracker) / f"{name}.txt").unlink()
    assert project.make_baseline() == 0
    assert project.check() == 0


def test_the_example_workflow_uses_options_that_exist(capsys: pytest.CaptureFixture[str]) -> None:
    workflow = Path(__file__).resolve().parents[3] / "examples" / "github-actions.yml"
    steps = yaml.safe_load(workflow.read_text())["jobs"]["accuracy"]["steps"]
    commands = [shlex.split(step["run"]) for step in steps if step.get("run", "").startswith("stdtrack")]
    assert [command[1] for command in commands] == ["run", "check"]
    for command in commands:
        with pytest.raises(SystemExit):
            main([command[1], "--help"])
        usage = capsys.readouterr().out
        assert [word for word in command if word.startswith("--") and word not in usage] == []


def test_supervised_vot_results_are_refused(shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = shared / "golden" / "VOT" / "VOT2018"
    arguments = ["baseline", folder / "results", "-o", tmp_path / "b.json", "--on", "vot2018", "--annotations", folder]
    with pytest.raises(SystemExit) as exit_:
        main([str(argument) for argument in arguments])
    assert exit_.value.code == 2
    assert "supervised experiment" in capsys.readouterr().err


def test_other_peoples_results_in_a_flat_folder(shared: Path, tmp_path: Path) -> None:
    golden = shared / "golden" / "OTB100"
    results, annotations = golden / "results" / "SiamFC", golden / "anno"
    options = ("--on", "otb100", "--annotations", annotations)
    for arguments in (
        ("baseline", results, "-o", tmp_path / "b.json"),
        ("check", results, "--baseline", tmp_path / "b.json"),
    ):
        with pytest.raises(SystemExit) as exit_:
            main([str(argument) for argument in (*arguments, *options)])
        assert exit_.value.code == 0
