"""``evalkit.run``: live instances in this process, specs in workers, one store."""

from __future__ import annotations

import random
from importlib import import_module
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

import evalkit
from evalkit import InputError, Prediction
from evalkit.results.store import failure_path, list_runs, result_path
from stdtrack.cli.run import run as run_command

HERE = Path(__file__).parent
with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(HERE)
    fakes = import_module("fake_trackers")  # by the name that specs have for it
Steady, Faulty = fakes.Steady, fakes.Faulty
NAMES = ("alpha", "beta", "gamma")


@pytest.fixture(autouse=True)
def importable(fake_trackers: None) -> None:
    """The specs below are found by workers."""


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return tmp_path / "runs"


class Pysot:
    """Written for pysot: told apart by its methods."""

    def init(self, image: Any, box: Any) -> None:
        self.box = box

    def track(self, image: Any) -> dict[str, Any]:
        return {"bbox": self.box, "best_score": 0.5}


def boxes(runs: Path, tracker: str) -> dict[str, str]:
    (run,) = [run for run in list_runs(runs) if run.tracker == tracker]
    return {name: result_path(run.folder, name).read_text() for name in NAMES}


def test_an_instance_gives_what_its_spec_gives_in_a_worker(data: Path, runs: Path) -> None:
    summary = evalkit.run([Steady(), "fake_trackers:steady"], on="folder", data=data, out=runs)
    assert (summary.finished, summary.failures, summary.caveats) == (6, [], [])
    assert boxes(runs, "Steady") == boxes(runs, "fake_trackers:steady")
    manifest = next(run.manifest for run in list_runs(runs) if run.tracker == "Steady")
    assert manifest is not None
    assert manifest.tracker["source"] == "fake_trackers.Steady, an instance in the calling process"
    assert manifest.finished is not None


def test_what_is_finished_is_not_run_again(data: Path, runs: Path) -> None:
    evalkit.run(Steady(), on="folder", data=data, out=runs, sequences="alpha,beta")
    summary = evalkit.run(Steady(), on=["folder"], data=str(data), out=str(runs), exclude="beta")
    assert (summary.finished, summary.resumed) == (1, 1)
    assert summary.caveats == ["folder: 1 sequence excluded: beta"]


def test_names_come_from_a_mapping_and_stand_for_one_thing(data: Path, runs: Path) -> None:
    evalkit.run({"mine": Steady(), "csrt": "opencv:csrt"}, on="folder", data=data, out=runs)
    assert sorted(run.tracker for run in list_runs(runs)) == ["csrt", "mine"]
    for other in (Pysot(), "opencv:csrt"):
        with pytest.raises(InputError, match="another tracker that was called 'mine'"):
            evalkit.run({"mine": other}, on="folder", data=data, out=runs)
    assert evalkit.run({"csrt": "opencv:csrt"}, on="folder", data=data, out=runs).resumed == 3


def test_trackers_of_other_toolkits_as_they_are(data: Path, runs: Path) -> None:
    assert evalkit.run(Pysot(), on="folder", data=data, out=runs).finished == 3
    assert set(boxes(runs, "Pysot")["alpha"].splitlines()) == {"10.0,12.0,20.5,16.0"}


def test_a_failure_costs_its_sequence_and_is_on_record(data: Path, runs: Path) -> None:
    summary = evalkit.run(Faulty("raise"), on="folder", data=data, out=runs)
    assert (summary.finished, summary.failures) == (2, [("Faulty", "folder", "beta")])
    assert summary.reasons == {("Faulty", "folder", "beta"): "LookupError: lost my way"}
    (run,) = list_runs(runs)
    assert "and the second line" in failure_path(run.folder, "beta").read_text()
    assert evalkit.run(Faulty("raise"), on="folder", data=data, out=runs).failures == summary.failures
    again = evalkit.run(Faulty("raise", width="1"), on="folder", data=data, out=runs, retry_failed=True)
    assert (again.finished, again.failures) == (1, [])


def test_too_many_failures_stop_a_live_run_too(data: Path, runs: Path) -> None:
    class Broken(Steady):
        def update(self, image: Any) -> Prediction:
            raise ValueError("no such luck")

    summary = evalkit.run(Broken(), on="folder", data=data, out=runs, max_failures=1)
    assert summary.stopped
    assert len(summary.failures) == 2


def test_an_interruption_ends_the_run_and_keeps_what_is_finished(data: Path, runs: Path) -> None:
    class Interrupted(Steady):
        def update(self, image: Any) -> Prediction:
            if image.shape[1] == 70:
                raise KeyboardInterrupt
            return super().update(image)

    with pytest.raises(KeyboardInterrupt):
        evalkit.run(Interrupted(), on="folder", data=data, out=runs)
    assert evalkit.run(Interrupted(), on="folder", data=data, out=runs, exclude="beta").resumed == 1


def test_the_process_stays_as_it_was(data: Path, runs: Path) -> None:
    random.seed(5)
    np.random.seed(5)
    threads = cv2.getNumThreads()
    before = random.getstate(), np.random.get_state()[1].tolist()  # type: ignore[index,union-attr]
    evalkit.run(Steady(), on="folder", data=data, out=runs)
    assert cv2.getNumThreads() == threads
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before  # type: ignore[index,union-attr]


def test_what_a_tracker_says_of_itself_is_a_caveat(data: Path, runs: Path) -> None:
    class Untrained(Steady):
        def describe(self) -> dict[str, str]:
            return {"note": "untrained"}

    (caveat,) = evalkit.run(Untrained(), on="folder", data=data, out=runs, sequences="alpha").caveats
    assert caveat.startswith("Untrained: untrained: its boxes and scores mean nothing")


@pytest.mark.parametrize(
    ("trackers", "problem"),
    [
        ([], "there is no tracker to run"),
        ({}, "there is no tracker to run"),
        ({"": Steady()}, "'' is no name of a tracker"),
        (Steady, "'Steady' is a class"),
        ([Steady(), Steady()], "2 trackers are called 'Steady'"),
        (object(), "'object' made a object, which is no tracker of a known style"),
        ([3], "'int' made a int"),
        ("csrt", "'csrt' is no tracker spec"),
        (cv2.TrackerMIL_create(), "is a tracker of cv2, which takes one sequence only"),  # type: ignore[attr-defined]
    ],
)
def test_no_trackers_are_one_clear_line_and_leave_nothing(trackers: Any, problem: str, data: Path, runs: Path) -> None:
    with pytest.raises(InputError, match=problem) as caught:
        evalkit.run(trackers, on="folder", data=data, out=runs)
    assert "\n" not in str(caught.value)
    assert not list(runs.glob("*"))


@pytest.mark.parametrize(
    ("options", "command"),
    [
        ({"on": "nonsense"}, ["--on", "nonsense"]),
        ({"on": "folder", "sequences": ["delta"]}, ["--on", "folder", "--sequences", "delta"]),
        ({"on": "folder", "exclude": "delta"}, ["--on", "folder", "--exclude", "delta"]),
        ({"on": "otb100"}, ["--on", "otb100"]),
    ],
)
def test_errors_are_those_of_the_command(options: Any, command: list[str], data: Path, runs: Path) -> None:
    with pytest.raises(InputError) as said:
        evalkit.run("opencv:csrt", data=data, out=runs, **options)
    arguments = ["opencv:csrt", "--data", str(data), "--out", str(runs), *command]
    assert str(CliRunner().invoke(run_command, arguments).exception) == str(said.value)


def test_without_data_the_way_out_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("STDTRACK_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="nothing says where the data are"):
        evalkit.run("opencv:csrt", on="folder", out=tmp_path)
    with pytest.raises(InputError, match="there is no benchmark to run on"):
        evalkit.run("opencv:csrt", on=[], data=tmp_path, out=tmp_path)
