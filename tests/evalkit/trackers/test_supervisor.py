"""A command ends with its starter, however that ends, and takes its children along."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from evalkit.trackers.supervisor import GuardedProcess

# Starts a child that ignores polite signals, writes both numbers to its first argument, then sleeps.
FAMILY = """
import os, subprocess, sys, time
sleeper = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
child = subprocess.Popen([sys.executable, "-c", sleeper])
with open(sys.argv[1] + ".part", "w") as file: file.write(f"{os.getpid()} {child.pid}")
os.replace(sys.argv[1] + ".part", sys.argv[1])
time.sleep(600)
"""
STARTER = """
import sys, time
from evalkit.trackers.supervisor import GuardedProcess
process = GuardedProcess(sys.argv[1])
print(process.folder, flush=True)
time.sleep(600)
"""


def family(notes: Path) -> str:
    return shlex.join([sys.executable, "-c", FAMILY, str(notes)])


def wait_for(condition: object, seconds: float = 20.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():  # type: ignore[operator]
            return True
        time.sleep(0.05)
    return False


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def members(notes: Path) -> list[int]:
    assert wait_for(notes.exists)
    return [int(pid) for pid in notes.read_text().split()]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_survives_a_starter_that_is_killed(tmp_path, number):
    notes = tmp_path / "pids"
    starter = subprocess.Popen([sys.executable, "-c", STARTER, family(notes)], stdout=subprocess.PIPE, text=True)
    assert starter.stdout is not None
    with starter.stdout as output:
        folder = Path(output.readline().strip())
    pids = members(notes)
    assert folder.is_dir()
    assert all(map(alive, pids))
    starter.send_signal(number)
    starter.wait()
    assert wait_for(lambda: not any(map(alive, pids)))
    assert wait_for(lambda: not folder.exists())


def test_stop_ends_children_too_and_may_be_repeated(tmp_path):
    process = GuardedProcess(family(tmp_path / "pids"))
    pids = members(tmp_path / "pids")
    process.stop()
    process.stop()
    assert wait_for(lambda: not any(map(alive, pids)))
    assert not process.folder.exists()


# A daemon: its parent has ended, and it is in a session of its own.
DAEMON = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        with open(sys.argv[1] + ".part", "w") as file: file.write(str(os.getpid()))
        os.replace(sys.argv[1] + ".part", sys.argv[1])
        time.sleep(600)
    os._exit(0)
time.sleep(600)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="orphans are adopted on Linux alone")
def test_what_has_made_itself_a_daemon_ends_too(tmp_path):
    notes = tmp_path / "pids"
    process = GuardedProcess(shlex.join([sys.executable, "-c", DAEMON, str(notes)]))
    (daemon,) = members(notes)
    assert alive(daemon)
    process.stop()
    assert not alive(daemon)


def test_a_forgotten_process_ends(tmp_path):
    process = GuardedProcess(family(tmp_path / "pids"))
    pids = members(tmp_path / "pids")
    del process
    assert wait_for(lambda: not any(map(alive, pids)))


def test_how_it_ended_is_told(python):
    process = GuardedProcess(f"{python} -c 'raise SystemExit(7)'")
    assert process.ending() == "ended with code 7"
    process.stop()


def test_the_command_gets_no_descriptor_of_ours_but_its_pipes(python, tmp_path):
    code = "import os, sys; sys.stdout.write(' '.join(sorted(os.listdir('/dev/fd')))); sys.stdout.flush()"
    process = GuardedProcess(f"{python} -c {shlex.quote(code)}")
    listed = {int(name) for name in process.stdout.read().decode().split()}
    process.stop()
    assert {0, 1, 2} <= listed
    assert len(listed - {0, 1, 2}) <= 1  # the listing itself
    assert os.path.isdir(tmp_path)
