"""A Dask cluster of real processes on this machine; one of its workers is killed during the run."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from evalkit.benchmarks.registry import open_benchmark
from evalkit.errors import InputError
from evalkit.execution.cluster import ClusterExecutor
from evalkit.execution.selection import select
from evalkit.results import list_runs, result_path
from evalkit.runner import RunOptions, run

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
        worker = (*file, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--death-timeout", "60")
        self.processes += [self._start("dask_worker", *worker) for _ in range(2)]

    def _start(self, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.{module}", *arguments]
        return subprocess.Popen(command, stdout=self.log, stderr=self.log)

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
        deadline = time.monotonic() + 90
        while not started.file.exists():
            assert time.monotonic() < deadline
            time.sleep(0.1)
        with distributed.Client(started.address, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=90)
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
        summary = run([spec], selections, executor, RunOptions(tmp_path / "far", workers=executor.size), Killer())
    victim.wait(timeout=10)
    assert (summary.finished, summary.failures) == (3, [])
    (far,) = list_runs(tmp_path / "far")
    for name in ("alpha", "beta", "gamma"):
        assert result_path(far.folder, name).read_bytes() == result_path(alone.folder, name).read_bytes()


def test_a_crash_there_fails_its_sequence_alone(cluster, data, tmp_path, fake_trackers):
    class Silent:
        def remark(self, *arguments):
            pass

        def begin(self, *arguments, **counts):
            pass

        def advance(self, *arguments):
            pass

    with ClusterExecutor(cluster.address, timeout=1.0) as executor:
        for fault, reason in (("exit", "exited with code 9"), ("hang", "no answer within 1 s")):
            spec = f"fake_trackers:faulty?fault={fault}"
            selections = select([open_benchmark("folder", data=data)])
            summary = run([spec], selections, executor, RunOptions(tmp_path / fault), Silent())
            assert [sequence for _, _, sequence in summary.failures] == ["beta"]
            assert summary.finished == 2
            (log,) = (tmp_path / fault).glob("*/*/failures/beta.log")
            assert reason in log.read_text()
    assert all(process.poll() is None for process in cluster.processes)


def test_no_scheduler_is_wrong_input(monkeypatch):
    monkeypatch.setattr("evalkit.execution.cluster.CONNECT_TIMEOUT", 0.5)
    with pytest.raises(InputError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:1"):
        ClusterExecutor("tcp://127.0.0.1:1")
