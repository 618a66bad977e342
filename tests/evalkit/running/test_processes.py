"""Whole `stdtrack run` processes: killed, interrupted, two at once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from evalkit.results.store import list_runs, result_path, time_path
from evalkit.running.locks import exclusive

HANG = 600.0
"""Seconds after which a process is said to hang: no test depends on how fast the machine is."""
COMMAND = [sys.executable, "-m", "stdtrack", "run", "--on", "folder"]


@pytest.fixture
def start(data: Path, tmp_path: Path, environment: dict[str, str]):
    """Starts ``stdtrack run`` on the three sequences, in a process group of its own."""
    started = []

    def go(*arguments: str, out: str = "runs") -> subprocess.Popen[str]:
        command = [*COMMAND, "--data", str(data), "--out", str(tmp_path / out), *arguments]
        process = subprocess.Popen(
            command, env=environment, cwd=tmp_path, start_new_session=True, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        started.append(process)
        return process

    yield go
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def results(root: Path) -> dict[str, bytes]:
    """Boxes by sequence; times differ from run to run."""
    (run,) = list_runs(root)
    return {path.name: path.read_bytes() for path in run.folder.glob("*.txt") if not path.name.endswith("_time.txt")}


def wait_for(condition, seconds: float = 600.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def finished(root: Path) -> int:
    return sum(1 for path in root.glob("*/*/*.txt") if not path.name.endswith(("_time.txt", "_score.txt")))


def test_exit_codes_and_messages(start):
    process = start("fake_trackers:faulty?fault=raise")
    output, messages = process.communicate(timeout=HANG)
    assert process.returncode == 3
    assert output == ""
    assert "fake_trackers:faulty?fault=raise folder beta" in messages
    assert "--retry-failed" in messages
    assert "Traceback" not in messages


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere:nothing"], "unknown tracker 'nowhere:nothing'"),
        (["fake_trackers:steady", "--sequences", "z*"], "no sequence of folder is named like 'z*'"),
        (["fake_trackers:steady", "--shard", "3/2"], "'3/2' is no part such as 1/4"),
        (["fake_trackers:broken"], "cannot be loaded: OSError: no such weights"),
    ],
)
def test_wrong_use_is_one_clear_line(start, arguments, message):
    process = start(*arguments)
    _, messages = process.communicate(timeout=HANG)
    assert process.returncode == 2
    assert message in messages
    assert "Traceback" not in messages


def test_a_first_box_outside_the_image_is_refused_before_anything_starts(start, data, tmp_path):
    (data / "beta" / "groundtruth.txt").write_text("200,12,20.5,16\n" * 6)
    process = start("fake_trackers:steady")
    _, messages = process.communicate(timeout=HANG)
    assert process.returncode == 2
    assert "beta" in messages
    assert "groundtruth.txt, row 1" in messages
    assert "wholly outside the 70x48 image" in messages
    assert not (tmp_path / "runs").exists()


def test_a_run_killed_at_any_moment_goes_on_to_the_same_bytes(start, tmp_path):
    expected_run = start("fake_trackers:steady", out="undisturbed")
    expected_run.communicate(timeout=HANG)
    expected = results(tmp_path / "undisturbed")
    spec = "fake_trackers:steady"
    rng = random.Random(7)
    for _ in range(4):
        process = start(spec, "--workers", "2")
        time.sleep(rng.uniform(0.5, 1.8))
        process.kill()  # the run alone: its workers must notice
        process.wait()
        for path in (tmp_path / "runs").glob("*/*/*.txt"):
            assert path.read_bytes().endswith(b"\n")
    process = start(spec, "--workers", "2")
    process.communicate(timeout=HANG)
    assert process.returncode == 0
    assert results(tmp_path / "runs") == expected
    assert not list((tmp_path / "runs").rglob("*.tmp"))


def test_workers_end_with_a_killed_run(start):
    process = start("fake_trackers:steady?delay=30", "--workers", "2")
    children: list[psutil.Process] = []

    def two_workers() -> bool:
        children[:] = psutil.Process(process.pid).children(recursive=True)
        return len(children) == 2

    wait_for(two_workers)
    time.sleep(1.0)
    process.kill()
    _, alive = psutil.wait_procs(children, timeout=HANG)
    assert not alive


def test_what_a_tracker_has_started_ends_with_it(start, tmp_path):
    def started() -> list[psutil.Process]:
        pids = (tmp_path / "marker").read_text().split()
        return [psutil.Process(int(pid)) for pid in pids if psutil.pid_exists(int(pid))]

    spec = f"fake_trackers:restless?marker={tmp_path / 'marker'}"
    process = start(spec)
    wait_for(lambda: any((tmp_path / "runs").glob("*/*/alpha.txt")))
    process.kill()
    _, alive = psutil.wait_procs(started(), timeout=HANG)
    assert not alive
    again = start(spec)
    again.communicate(timeout=HANG)
    assert again.returncode == 0
    _, alive = psutil.wait_procs(started(), timeout=HANG)
    assert not alive


def test_a_relative_path_holds_though_a_tracker_changes_the_working_folder(start, tmp_path):
    (tmp_path / "here").symlink_to(tmp_path / "data")
    process = start(f"fake_trackers:restless?marker={tmp_path / 'marker'}", "--data", "here")
    _, messages = process.communicate(timeout=HANG)
    assert process.returncode == 0, messages


CLOCK = """
import time
now = time.time()

def backwards():
    global now
    now -= 3600
    return now

time.time = backwards
"""


def test_a_clock_that_jumps_backwards_changes_nothing(start, tmp_path, environment):
    (tmp_path / "clock").mkdir()
    (tmp_path / "clock" / "sitecustomize.py").write_text(CLOCK)
    start("fake_trackers:steady", out="undisturbed").communicate(timeout=HANG)
    environment["PYTHONPATH"] += f"{os.pathsep}{tmp_path / 'clock'}"
    process = start("fake_trackers:steady?delay=0.01", "--timeout", "5")
    _, messages = process.communicate(timeout=HANG)
    assert process.returncode == 0, messages
    (run,) = list_runs(tmp_path / "runs")
    (undisturbed,) = list_runs(tmp_path / "undisturbed")
    assert (np.loadtxt(time_path(run.folder, "alpha"))[1:] >= 0.01).all()
    boxes = [result_path(each.folder, "alpha").read_bytes() for each in (run, undisturbed)]
    assert boxes[0] == boxes[1]


@pytest.mark.parametrize("signals", [[signal.SIGINT], [signal.SIGINT] * 2, [signal.SIGTERM]])
def test_an_interrupt_ends_the_run_at_once_and_says_how_to_go_on(start, tmp_path, signals):
    marker = tmp_path / "marker"  # until it is there, one of the three sequences never ends
    spec = f"fake_trackers:faulty?fault=hang&marker={marker}"
    process = start(spec, "--workers", "2", "--timeout", "600")
    wait_for(lambda: finished(tmp_path / "runs") >= 2)
    for number in signals:  # as a terminal does: to the whole group
        os.killpg(process.pid, number)
        time.sleep(0.1)
    _, messages = process.communicate(timeout=HANG)
    assert process.returncode == 130
    assert "Traceback" not in messages
    assert "stdtrack run --on folder" in messages
    assert finished(tmp_path / "runs") == 2
    marker.touch()
    again = start(spec)
    _, messages = again.communicate(timeout=HANG)
    assert again.returncode == 0
    assert "1 sequence run, 2 finished before" in messages


def test_a_fresh_run_that_is_ended_early_is_begun_again_as_one(start, tmp_path):
    """Case 42: what was to be deleted must not pass for results of the changed tracker."""
    tracker = tmp_path / "mine.py"
    tracker.write_text("from fake_trackers import Shifted\ndef make(): return Shifted(0)\n")
    start("mine:make").communicate(timeout=100)
    tracker.write_text("import time, fake_trackers\ndef make(): time.sleep(3); return fake_trackers.Shifted(1)\n")
    process = start("mine:make", "--fresh")
    wait_for(lambda: not any((tmp_path / "runs").glob("*/*/run.json")))  # condemned while the tracker is loaded
    process.terminate()
    _, messages = process.communicate(timeout=20)
    assert process.returncode == 130
    command = messages.rstrip().splitlines()[-1]
    assert command.endswith(" mine:make --fresh")
    again = start("mine:make")  # without the option that the message keeps
    _, messages = again.communicate(timeout=100)
    assert again.returncode == 2
    assert "--fresh deletes them" in messages
    fresh = start("mine:make", "--fresh")
    _, messages = fresh.communicate(timeout=100)
    assert "3 sequences run, 0 finished before" in messages
    (run,) = list_runs(tmp_path / "runs")
    boxes = np.loadtxt(result_path(run.folder, "alpha"), delimiter=",")
    assert (boxes[1:, 0] - boxes[0, 0] == 50).all()


def test_a_fresh_run_that_has_begun_is_gone_on_with(start, tmp_path):
    process = start("fake_trackers:steady?delay=0.3", "--fresh")
    wait_for(lambda: finished(tmp_path / "runs") >= 1)
    process.terminate()
    _, messages = process.communicate(timeout=20)
    assert process.returncode == 130
    assert messages.rstrip().splitlines()[-1].endswith("fake_trackers:steady?delay=0.3'")


def test_a_reason_that_all_sequences_share_is_told_once(start):
    process = start("fake_trackers:wordless")
    _, messages = process.communicate(timeout=100)
    assert process.returncode == 3
    assert messages.count("frame 1: it answered None") == 2  # while it runs, and at the end
    assert "fake_trackers:wordless folder alpha, beta, gamma: frame 1: it answered None" in messages


def test_two_runs_on_one_folder_exclude_each_other(start, tmp_path):
    spec = "fake_trackers:steady?delay=5"
    first = start(spec)
    wait_for(lambda: any((tmp_path / "runs").glob("*/*/run.json")))
    second = start(spec)
    _, messages = second.communicate(timeout=HANG)
    assert second.returncode == 2
    assert "another run is writing here" in messages
    first.kill()
    first.wait()
    with exclusive(next((tmp_path / "runs").glob("*/*"))):  # the lock died with its process
        pass


def test_shards_are_parts_of_one_whole(start, tmp_path, data):
    for shard in ("1/2", "2/2"):
        process = start("fake_trackers:steady", "--shard", shard, out=f"part{shard[0]}")
        process.communicate(timeout=HANG)
        assert process.returncode == 0
    parts = [results(tmp_path / f"part{number}") for number in (1, 2)]
    assert not parts[0].keys() & parts[1].keys()
    assert {name for part in parts for name in part} == {
        f"{name}{suffix}.txt" for name in ("alpha", "beta", "gamma") for suffix in ("", "_score")
    }


def test_trackers_in_the_working_folder_are_found(start, tmp_path, environment):
    (tmp_path / "mine.py").write_text("from fake_trackers import steady\n")
    process = start("mine:steady")
    process.communicate(timeout=HANG)
    assert process.returncode == 0
    (run,) = list_runs(tmp_path / "runs")
    assert result_path(run.folder, "alpha").is_file()
