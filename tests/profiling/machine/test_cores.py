"""Cores that a measurement keeps to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from profiling.machine.cores import choose_cores

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
@pytest.mark.parametrize("siblings", [("0-1", "0-1", "2-3", "2-3"), ("0,2", "1,3", "0,2", "1,3")])
def test_hardware_threads_of_one_core_are_no_two_cores(
    siblings: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for core, text in enumerate(siblings):
        (tmp_path / f"cpu{core}" / "topology").mkdir(parents=True)
        (tmp_path / f"cpu{core}" / "topology" / "thread_siblings_list").write_text(f"{text}\n")
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 1, 2, 3})
    free = siblings[0]  # both hardware threads of the first core have nothing to do
    monkeypatch.setattr(psutil, "cpu_percent", lambda **options: [0.0 if text == free else 90.0 for text in siblings])
    monkeypatch.setattr(psutil, "cpu_freq", lambda **options: [])
    two = choose_cores({2}, tmp_path)[2]
    assert len({siblings[core] for core in two}) == 2


@linux
def test_threads_that_start_later_keep_to_them() -> None:
    core = min(os.sched_getaffinity(0))
    code = f"""
import os, threading
from profiling.machine.cores import keep_to
keep_to(({core},))
thread = threading.Thread(target=lambda: print(os.sched_getaffinity(0)))
thread.start()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str({core})


def test_a_system_that_cannot_bind_leaves_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert choose_cores({1, 2}) == {1: (), 2: ()}
