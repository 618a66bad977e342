"""How a worker's end is told, also where the system cannot wait without reaping."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import closing

import pytest

from evalkit.running.tasks import TaskError
from evalkit.running.worker import Worker

GUARDED = """
import os, sys
del os.waitid
from evalkit.trackers import supervisor_main as guard
lifeline, _ = os.pipe()
sys.exit(guard.main([str(lifeline), "/nonexistent", "sh", "-c", "sleep 600 & echo started; exit 3"]))
"""


@pytest.fixture(params=[True, False], ids=["waitid", "no waitid"])
def _waitid(request, monkeypatch):
    if not request.param:  # as on macOS before Python 3.13
        monkeypatch.delattr(os, "waitid", raising=False)


@pytest.mark.usefixtures("_waitid")
def test_a_death_is_told_and_the_next_call_has_a_new_process():
    with closing(Worker()) as worker:
        with pytest.raises(TaskError, match="exited with code 17"):
            worker.call(os._exit, (17,))
        with pytest.raises(TaskError, match="killed by SIGTERM"):
            worker.call(signal.raise_signal, (signal.SIGTERM,))
        assert worker.call(max, (3, 7)) == 7


def test_a_guard_without_waitid_takes_the_children_along():
    done = subprocess.run([sys.executable, "-c", GUARDED], capture_output=True, text=True, timeout=600, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (3, "started\n", "")  # its output ends with the last child
