"""Helpers end with the process that started them, even those in which no thread of Python can run any more."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import psutil
import pytest

STARTER = """
import os, sys
from threading import Thread
from evalkit.running.worker import Worker

worker = Worker(threads=None)
worker.call(max, (1, 2))
Thread(target=worker.call, args=(eval, ({body!r},)), daemon=True).start()
print(worker._process.pid, flush=True)
sys.stdin.read()
"""
BUSY = {
    "waits": "__import__('time').sleep(600)",
    "holds Python's lock": "__import__('re').match('(a+)+$', 'a' * 60 + 'b')",
    "has a child": "__import__('subprocess').run(['sleep', '600'])",
}


def group(leader: int) -> list[psutil.Process]:
    """The living processes of a group."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getpgid(process.pid) == leader and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.Error, ProcessLookupError):
            continue
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a thread of Python waits for the end")
@pytest.mark.parametrize("body", BUSY.values(), ids=BUSY)
def test_a_worker_ends_with_a_starter_that_is_killed(body: str) -> None:
    code = STARTER.format(body=body)
    starter = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert starter.stdout is not None
    leader = int(starter.stdout.readline())
    time.sleep(0.5)  # the call begins; if it does not, the test is only weaker
    assert group(leader)
    starter.kill()
    starter.communicate()
    end = time.monotonic() + 60
    while group(leader):
        assert time.monotonic() < end, "lives on"
        time.sleep(0.02)


FORK = """
import multiprocessing, os, sys, time
from evalkit.running.lifeline import end_with_parent

def child(parent):
    end_with_parent(parent)
    print("ready", os.getpid(), flush=True)
    time.sleep(600)

multiprocessing.get_context("fork").Process(target=child, args=(os.getpid(),)).start()
"""


def test_a_fork_ends_with_its_parent() -> None:
    parent = subprocess.Popen([sys.executable, "-c", FORK], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline().split()[1]))
    parent.kill()
    parent.communicate()
    assert psutil.wait_procs([child], timeout=60)[1] == []
