"""Cores that a measurement keeps to."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from profiling.cores import choose_cores

linux = pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="no cores to bind to on this system")


@linux
def test_as_many_cores_as_threads_and_all_for_as_many() -> None:
    usable = os.sched_getaffinity(0)
    found = choose_cores({1, len(usable), 4096})
    assert found[4096] == found[len(usable)] == ()
    if len(usable) > 1:
        assert len(found[1]) == 1
        assert set(found[1]) <= usable


@linux
def test_threads_that_start_later_keep_to_them() -> None:
    core = min(os.sched_getaffinity(0))
    code = f"""
import os, threading
from profiling.cores import keep_to
keep_to(({core},))
thread = threading.Thread(target=lambda: print(os.sched_getaffinity(0)))
thread.start()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str({core})


def test_a_system_that_cannot_bind_leaves_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert choose_cores({1, 2}) == {1: (), 2: ()}
