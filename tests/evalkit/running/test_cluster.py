"""A Dask cluster of real processes on this machine; one of its workers is killed during the run."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from evalkit.benchmarks.registry import open_benchmark
from evalkit.errors import InputError
from evalkit.results.store import list_runs, result_path
from evalkit.running.cluster import ClusterExecutor
from evalkit.running.code import code_digest, difference
from evalkit.running.runner import RunOptions, run
from evalkit.running.selection import select
from evalkit.trackers.live import named_trackers

distributed = pytest.importorskip("distributed", reason="skipped: the extra `cluster` is not installed")
# Dask's own threads and sockets end after the test that started them.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


class Cluster:
    """A scheduler and two workers, each a process."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "scheduler.json"
        file = ["--scheduler-file", str(self.file)]
        self.log = (folder / "dask.log").open("w")
        self.processes = [self._start("dask_scheduler", *file, "--port", "0", "--no-dashboard")]
        for _ in range(2):
            self.add_worker()

    def add_worker(self, python_path: Path | None = None) -> None:
        """One more worker, which finds our packages in another folder first."""
        more = {"PYTHONPATH": str(python_path)} if python_path else {}
        worker = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--death-timeout", "60")
        self.processes.append(self._start("dask_worker", "--scheduler-file", str(self.file), *worker, **more))

    def _start(self, module: str, *arguments: str, **more: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.{module}", *arguments]
        return subprocess.Popen(command, stdout=self.log, stderr=self.log, env=os.environ | more, cwd=self.file.parent)

    @property
    def address(self) -> str:
        import json

        return str(json.loads(self.file.read_text())["address"])

    def close(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()
        self.log.close()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    started = Cluster(tmp_path)
    try:
        deadline = time.monotonic() + 600
        while not (started.file.exists() and started.file.read_text().rstrip().endswith("}")):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        with distributed.Client(started.address, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=600)
        yield started
    finally:
        started.close()


def test_a_lost_worker_loses_nothing(cluster, run_folder, data, tmp_path):
    spec = "fake_trackers:steady?delay=0.2"
    run_folder(spec)
    (alone,) = list_runs(tmp_path / "runs")
    victim = cluster.processes[2]

    class Killer:
        def remark(self, *arguments):
            pass

        def begin(self, *arguments, **counts):
            pass

        def advance(self, *arguments):
            if victim.poll() is None:
                victim.send_signal(signal.SIGKILL)

    with ClusterExecutor(cluster.address) as executor:
        assert executor.size == 2
        selections = select([open_benchmark("folder", data=data)])
        summary = run(
            named_trackers(spec), selections, executor, RunOptions(tmp_path / "far", workers=executor.size), Killer()
        )
    victim.wait(timeout=600)
    assert (summary.finished, summary.failures) == (3, [])
    (far,) = list_runs(tmp_path / "far")
    for name in ("alpha", "beta", "gamma"):
        assert result_path(far.folder, name).read_bytes() == result_path(alone.folder, name).read_bytes()


class Silent:
    def remark(self, *arguments):
        pass

    def begin(self, *arguments, **counts):
        pass

    def advance(self, *arguments):
        pass


def test_a_crash_there_fails_its_sequence_alone(cluster, data, tmp_path, fake_trackers):
    with ClusterExecutor(cluster.address, timeout=5.0) as executor:
        for fault, reason in (("exit", "exited with code 9"), ("hang", "no answer within 5 s")):
            spec = f"fake_trackers:faulty?fault={fault}"
            selections = select([open_benchmark("folder", data=data)])
            summary = run(named_trackers(spec), selections, executor, RunOptions(tmp_path / fault), Silent())
            assert [sequence for _, _, sequence in summary.failures] == ["beta"]
            assert summary.finished == 2
            (log,) = (tmp_path / fault).glob("*/*/failures/beta.log")
            assert reason in log.read_text()
    assert all(process.poll() is None for process in cluster.processes)


def test_no_scheduler_is_wrong_input(monkeypatch):
    monkeypatch.setattr("evalkit.running.cluster.CONNECT_TIMEOUT", 0.5)
    with pytest.raises(InputError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:1"):
        ClusterExecutor("tcp://127.0.0.1:1")


def other_version(folder: Path) -> Path:
    """Our packages as they would be in another version: their boxes are half a pixel off."""
    root = Path(__file__).parents[3]
    for package in ("evalkit", "stdtrack", "profiling"):
        shutil.copytree(root / package, folder / package, ignore=shutil.ignore_patterns("__pycache__", "*.safetensors"))
    file = folder / "evalkit" / "running" / "tracking.py"
    text = file.read_text()
    other = text.replace("return RawResult(boxes,", "return RawResult(boxes + 0.5,")
    assert other != text
    file.write_text(other)
    return folder


def test_a_worker_of_another_version_is_refused_by_name(cluster, data, tmp_path, fake_trackers):
    """Case 43a, before a run and in the midst of one."""
    executor = ClusterExecutor(cluster.address)
    with distributed.Client(cluster.address, set_as_default=False) as client:
        same = set(client.scheduler_info()["workers"])
        cluster.add_worker(other_version(tmp_path / "other"))
        client.wait_for_workers(3, timeout=90)
        (foreign,) = set(client.scheduler_info(n_workers=-1)["workers"]) - same
    message = f"the Dask worker {foreign} runs other code: stdtrack's code is [0-9a-f]{{12}} there and "
    with pytest.raises(InputError, match=message):
        ClusterExecutor(cluster.address)
    for process in cluster.processes[1:3]:  # a worker that came when the run had begun is all that is left
        process.kill()
    selections = select([open_benchmark("folder", data=data)])
    with executor, pytest.raises(InputError, match=message):
        run(named_trackers("fake_trackers:steady"), selections, executor, RunOptions(tmp_path / "runs"), Silent())
    assert not (tmp_path / "runs").exists()


def test_a_scheduler_that_dies_is_an_interruption(cluster, data, tmp_path, environment):
    """Case 43b: nothing fails, and the same command goes on."""
    command = [sys.executable, "-m", "stdtrack", "run", "fake_trackers:steady?delay=0.5", "--on", "folder"]
    command += ["--data", str(data), "--out", str(tmp_path / "runs")]
    options = {"env": environment, "cwd": tmp_path, "text": True, "stderr": subprocess.PIPE}
    process = subprocess.Popen([*command, "--scheduler", cluster.address], **options)
    deadline = time.monotonic() + 90
    while not any((tmp_path / "runs").glob("*/*/run.json")):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    cluster.processes[0].kill()
    _, messages = process.communicate(timeout=90)
    assert process.returncode == 130, messages
    assert "interrupted: the connection to the scheduler is lost; what is finished is kept" in messages
    assert "Traceback" not in messages
    assert not list(tmp_path.glob("runs/*/*/failures/*"))
    again = subprocess.run(command, **options, timeout=90, check=False)
    assert again.returncode == 0, again.stderr


def test_what_differs_is_named():
    here = {"numpy": "2.0", "python": "3.11", "stdtrack's code": "a"}
    assert difference(here, here | {"python": "3.12"}) == ""
    assert difference(here, here | {"numpy": "2.1"}) == "numpy is 2.1 there and 2.0 here"


def test_the_digest_is_of_every_file(tmp_path, monkeypatch):
    package = tmp_path / "some_package"
    (package / "part").mkdir(parents=True)
    monkeypatch.syspath_prepend(tmp_path)
    seen = set()
    for place, content in (("__init__.py", ""), ("part/a.py", "x = 1"), ("part/a.py", "x = 2"), ("b.py", "x = 1")):
        (package / place).write_text(content)
        seen.add(code_digest(("some_package",)))
    assert len(seen) == 4
    (package / "b.py").write_bytes(b"x = 1")
    assert code_digest(("some_package",)) in seen
