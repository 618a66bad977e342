"""Runs through real worker processes: results, resumption, failures one at a time."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from evalkit.errors import InputError
from evalkit.results.manifest import read_manifest
from evalkit.results.store import failure_path, is_finished, list_runs, result_path, score_path, time_path

STEADY = "fake_trackers:steady"
ALL = ["alpha", "beta", "gamma"]


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return tmp_path / "runs"


def contents(folder: Path, names: list[str] = ALL) -> dict[str, bytes]:
    """Boxes and scores, which a deterministic tracker repeats to the bit (times it does not)."""
    return {
        path.name: path.read_bytes() for name in names for path in (result_path(folder, name), score_path(folder, name))
    }


def test_a_run_leaves_boxes_times_scores_and_a_manifest(run_folder, runs, data):
    summary, progress = run_folder(STEADY)
    assert (summary.finished, summary.resumed, summary.failures) == (3, 0, [])
    assert progress.begun == [(STEADY, 3, 0)]
    assert sorted(progress.ended) == [(name, None) for name in ALL]
    (run,) = list_runs(runs)
    assert (run.tracker, run.benchmark) == (STEADY, "folder")
    boxes = np.loadtxt(result_path(run.folder, "beta"), delimiter=",")
    assert boxes.shape == (6, 4)
    assert boxes[0].tolist() == [10, 12, 20.5, 16]
    assert len(np.loadtxt(time_path(run.folder, "beta"))) == 6
    assert np.loadtxt(score_path(run.folder, "beta")).tolist() == [1, *(1 / n for n in range(2, 7))]
    manifest = run.manifest
    assert manifest is not None
    assert manifest.spec == STEADY
    assert manifest.benchmark["root"] == str(data)
    assert set(manifest.fingerprints) == set(ALL)
    assert manifest.finished is not None


def test_results_are_in_the_coordinates_of_the_benchmark(run_folder, runs, data):
    from evalkit.benchmarks.registry import open_benchmark
    from evalkit.running.pool import WorkerPool
    from evalkit.running.runner import RunOptions, run
    from evalkit.running.selection import select
    from evalkit.trackers.folders import folder_name
    from evalkit.trackers.live import named_trackers

    _, progress = run_folder(STEADY)
    (zero_based,) = list_runs(runs)
    with WorkerPool() as pool:
        run(
            named_trackers(STEADY),
            select([open_benchmark("folder?base=1", data=data)]),
            pool,
            RunOptions(runs / "one"),
            progress,
        )
    first = np.loadtxt(result_path(zero_based.folder, "alpha"), delimiter=",")
    second = np.loadtxt(result_path(runs / "one" / folder_name(STEADY) / "folder", "alpha"), delimiter=",")
    # The tracker saw the box one pixel further left, and the writer put its answers back where the files count from.
    np.testing.assert_allclose(second, first, atol=1e-9)


def test_finished_sequences_are_not_run_again(run_folder, runs):
    run_folder(STEADY)
    (run,) = list_runs(runs)
    before = {path: path.stat().st_mtime_ns for path in run.folder.glob("*.txt")}
    result_path(run.folder, "beta").unlink()
    summary, progress = run_folder(STEADY)
    assert (summary.finished, summary.resumed) == (1, 2)
    assert progress.ended == [("beta", None)]
    untouched = [path for path in before if not path.name.startswith("beta")]
    assert all(path.stat().st_mtime_ns == before[path] for path in untouched)


@pytest.mark.parametrize("damage", ["1,2,3,4\n", "", "1,2,3,4\n" * 5 + "1,2"])
def test_a_partial_file_is_not_taken_for_a_result(run_folder, runs, damage):
    run_folder(STEADY)
    (run,) = list_runs(runs)
    expected = contents(run.folder)
    result_path(run.folder, "beta").write_text(damage)
    assert not is_finished(run.folder, "beta", 6)
    summary, _ = run_folder(STEADY)
    assert summary.finished == 1
    assert contents(run.folder) == expected


def test_the_result_depends_neither_on_order_nor_on_workers(run_folder, runs, tmp_path):
    run_folder(STEADY)
    (run,) = list_runs(runs)
    expected = contents(run.folder)
    run_folder(STEADY, fresh=True, workers=2)
    assert contents(run.folder) == expected
    for name in reversed(ALL):
        result_path(run.folder, name).unlink()
        run_folder(STEADY, globs=(name,))
    assert contents(run.folder) == expected


def test_several_workers_are_remembered_by_the_manifest(run_folder, runs):
    run_folder(STEADY, workers=2, globs=("alpha",))
    run_folder(STEADY)
    (run,) = list_runs(runs)
    assert run.manifest is not None
    assert run.manifest.workers == 2
    run_folder(STEADY, fresh=True)
    run_folder(STEADY, workers=2)  # nothing is left to do, so nothing is spoiled
    manifest = read_manifest(run.folder)
    assert manifest is not None
    assert manifest.workers == 1


FAULTS = {
    "raise": "LookupError: lost my way",
    "leave": "SystemExit: I have had enough",
    "exit": "exited with code 9",
    "kill": "killed by SIGKILL",
    "crash": "killed by SIGSEGV",
    "shape": "is not four finite numbers",
    "nan": "is not four finite numbers",
    "text": "is not four finite numbers",
    "complex": "is not four finite numbers",
    "score": "the score is nan",
    "none": "frame 2: it answered None, which is not four finite numbers",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_costs_its_own_sequence_alone(run_folder, runs, fault):
    spec = f"fake_trackers:faulty?fault={fault}"
    summary, progress = run_folder(spec)
    assert summary.finished == 2
    assert summary.failures == [(spec, "folder", "beta")]
    assert FAULTS[fault] in summary.reasons[spec, "folder", "beta"]
    (run,) = list_runs(runs)
    assert sorted(path.name for path in run.folder.glob("*.txt")) == sorted(
        f"{name}{suffix}.txt" for name in ("alpha", "gamma") for suffix in ("", "_time", "_score")
    )
    record = failure_path(run.folder, "beta").read_text()
    assert FAULTS[fault] in record.splitlines()[0]
    assert FAULTS[fault] in dict(progress.ended)["beta"]
    if fault == "raise":
        assert "Traceback" in record
        assert "some last words" in record
    if fault == "crash":
        assert "Fatal Python error: Segmentation fault" in record


def test_a_hung_tracker_is_killed_and_its_stack_kept(run_folder, runs):
    summary, _ = run_folder("fake_trackers:faulty?fault=hang", timeout=5.0)
    assert [sequence for _, _, sequence in summary.failures] == ["beta"]
    assert summary.finished == 2
    (run,) = list_runs(runs)
    record = failure_path(run.folder, "beta").read_text()
    assert record.startswith("no answer within 5 s in frame 2")
    assert "fake_trackers.py" in record


def test_the_first_frame_has_no_longer_than_any_other(run_folder):
    _, progress = run_folder("fake_trackers:stuck", timeout=5.0, globs=("alpha",))
    assert progress.ended == [("alpha", "no answer within 5 s in frame 0")]


def test_a_tracker_that_is_never_loaded_is_wrong_input(run_folder, monkeypatch):
    monkeypatch.setattr("evalkit.running.worker.LOAD_TIMEOUT", 2.0)  # the longer of the two holds
    with pytest.raises(InputError, match="no answer within 2 s while the tracker was loaded"):
        run_folder("fake_trackers:endless", timeout=1.0)


def test_failures_are_kept_until_they_are_retried(run_folder, runs, tmp_path):
    marker = tmp_path / "repaired"
    spec = f"fake_trackers:faulty?fault=raise&marker={marker}"
    run_folder(spec)
    marker.touch()
    summary, progress = run_folder(spec)
    assert progress.ended == []
    assert [sequence for _, _, sequence in summary.failures] == ["beta"]
    assert summary.reasons == {(spec, "folder", "beta"): "LookupError: lost my way"}
    summary, progress = run_folder(spec, retry_failed=True)
    assert progress.ended == [("beta", None)]
    assert summary.failures == []
    (run,) = list_runs(runs)
    assert not failure_path(run.folder, "beta").exists()


def test_too_many_failures_stop_the_run(run_folder):
    summary, _ = run_folder("fake_trackers:faulty?fault=raise&width=60", max_failures=0)
    assert summary.stopped
    assert [sequence for _, _, sequence in summary.failures] == ["alpha"]


def test_other_weights_under_the_same_name_are_refused(run_folder, runs, tmp_path):
    weights = tmp_path / "weights"
    weights.write_text("first")
    spec = f"fake_trackers:described?weights={weights}"
    run_folder(spec)
    weights.write_text("second")
    with pytest.raises(InputError, match="other weights"):
        run_folder(spec)
    summary, _ = run_folder(spec, fresh=True)
    assert summary.finished == 3
    (run,) = list_runs(runs)
    assert run.manifest is not None
    assert run.manifest.tracker["weights_sha256"] == "second"


def test_another_annotation_is_refused(run_folder, data):
    run_folder(STEADY)
    (data / "gamma" / "groundtruth.txt").write_text("11,12,20.5,16\n" * 6)
    with pytest.raises(InputError, match="another annotation of gamma"):
        run_folder(STEADY)


def test_more_data_than_before_is_no_change(run_folder, data):
    run_folder(STEADY, globs=("alpha",))
    summary, _ = run_folder(STEADY)
    assert (summary.finished, summary.resumed) == (2, 1)


def test_results_of_another_spec_in_the_folder_are_refused(run_folder, runs):
    run_folder(STEADY)
    (run,) = list_runs(runs)
    path = run.folder / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"spec": "opencv:mil"}))
    with pytest.raises(InputError, match="results of the tracker 'opencv:mil'"):
        run_folder(STEADY)


def test_results_that_nobody_answers_for_are_refused(run_folder, runs):
    run_folder(STEADY)
    (run,) = list_runs(runs)
    (run.folder / "run.json").unlink()
    with pytest.raises(InputError, match=r"holds results of folder without a run.json.*--fresh deletes them"):
        run_folder(STEADY)
    summary, _ = run_folder(STEADY, fresh=True)
    assert summary.finished == 3


def test_a_tracker_that_cannot_be_loaded_is_wrong_input_and_leaves_nothing(run_folder, runs):
    with pytest.raises(InputError, match=r"'fake_trackers:broken' cannot be loaded: OSError: no such weights"):
        run_folder("fake_trackers:broken")
    with pytest.raises(InputError, match="unknown tracker"):
        run_folder(STEADY, "nowhere:to_be_found")
    with pytest.raises(InputError, match="made a dict, which is no tracker of a known style"):
        run_folder("builtins:dict")
    assert not runs.exists()


def test_a_wrong_spec_costs_no_results_though_the_run_is_a_fresh_one(run_folder, runs):
    run_folder(STEADY)
    before = {path: path.read_bytes() for path in runs.glob("*/*/*") if path.name != ".lock"}
    assert len(before) == 10
    with pytest.raises(InputError, match="unknown tracker"):
        run_folder(STEADY, "nowhere:to_be_found", fresh=True)
    assert {path: path.read_bytes() for path in runs.glob("*/*/*") if path.name != ".lock"} == before


def test_results_that_an_interrupted_fresh_run_condemned_are_not_gone_on_with(run_folder, runs, monkeypatch):
    run_folder(STEADY)

    def interrupted(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("evalkit.running.runner._describe", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run_folder(STEADY, fresh=True)
    with pytest.raises(InputError, match=r"without a run.json.*--fresh deletes them"):
        run_folder(STEADY)
    (run,) = list_runs(runs)
    result_path(run.folder, "gamma").unlink()
    with pytest.raises(InputError, match=r"without a run.json"):  # nor is a part of them
        run_folder(STEADY, globs=("gamma",))
    summary, _ = run_folder(STEADY, fresh=True)
    assert (summary.finished, summary.resumed) == (3, 0)


def test_what_an_untrained_tracker_says_is_told_before_it_runs_and_stays_in_the_manifest(run_folder, runs):
    spec = "fake_trackers:described?weights="
    _, progress = run_folder(spec + "&note=untrained", globs=("alpha",))
    assert progress.remarks == [(spec + "&note=untrained", "untrained")]
    (run,) = list_runs(runs)
    assert run.manifest is not None
    assert run.manifest.tracker["note"] == "untrained"
    _, progress = run_folder(STEADY, globs=("alpha",))
    assert progress.remarks == []


def test_a_truncated_image_fails_its_sequence(run_folder, data):
    image = data / "beta" / "img" / "0004.jpg"
    image.write_bytes(image.read_bytes()[:-200])
    summary, progress = run_folder(STEADY)
    assert [sequence for _, _, sequence in summary.failures] == ["beta"]
    assert str(image) in str(dict(progress.ended)["beta"])


def test_an_image_that_vanishes_midway_fails_its_sequence(run_folder, data, monkeypatch):
    from evalkit.running import runner

    def describe(*arguments):
        (data / "beta" / "img" / "0005.jpg").unlink()  # after the check before the start
        return {}

    monkeypatch.setattr(runner, "_describe", describe)
    summary, _ = run_folder(STEADY)
    assert [sequence for _, _, sequence in summary.failures] == ["beta"]


@pytest.mark.parametrize(("text", "moved"), [("False", 0.0), ("true", 50.0)])
def test_a_flag_that_is_off_is_off(run_folder, runs, text, moved):
    run_folder(f"fake_trackers:shifted?shift={text}")
    (run,) = list_runs(runs)
    boxes = np.loadtxt(result_path(run.folder, "alpha"), delimiter=",")
    assert (boxes[1:, 0] - boxes[0, 0]).tolist() == 5 * [moved]


def test_a_run_ends_no_earlier_than_it_began_though_the_clock_was_turned_back(run_folder, runs, monkeypatch):
    times = iter(["2026-05-02T00:00:00+00:00", "2026-05-01T23:00:00+00:00"])
    monkeypatch.setattr("evalkit.running.provenance.now", lambda: next(times))
    monkeypatch.setattr("evalkit.running.runner.now", lambda: next(times))
    run_folder(STEADY, globs=("alpha",))
    (run,) = list_runs(runs)
    assert run.manifest is not None
    assert (run.manifest.started, run.manifest.finished) == ("2026-05-02T00:00:00+00:00",) * 2


def test_an_annotation_is_read_once_a_run_however_many_trackers_there_are(run_folder, monkeypatch):
    from evalkit.benchmarks.folder import Folder

    read, load = [], Folder.load
    monkeypatch.setattr(Folder, "load", lambda self, name, source: read.append(name) or load(self, name, source))
    run_folder(STEADY, "fake_trackers:wordless")
    assert sorted(read) == ALL


def test_leftovers_of_a_killed_writer_go(run_folder, runs):
    run_folder(STEADY)
    (run,) = list_runs(runs)
    leftover = run.folder / ".beta.txt.123.tmp"
    leftover.write_text("1,2")
    run_folder(STEADY)
    assert not leftover.exists()
