"""A map that several processes share out."""

from __future__ import annotations

import math
import os
from pathlib import Path

import psutil
import pytest

from evalkit.errors import InputError
from evalkit.reading.tables import read_bytes
from evalkit.running.process_map import Crew, _Shared
from evalkit.running.tasks import TaskError


def test_results_come_in_the_order_of_the_items() -> None:
    with Crew(1) as crew:
        for count in (100, 0, 3):  # a crew does one map after the other
            assert crew.map(math.sqrt, range(count)) == [math.sqrt(item) for item in range(count)]


def test_without_helpers_the_caller_does_all() -> None:
    with Crew(0) as crew:
        assert crew.map(math.sqrt, [4.0]) == [2.0]


def test_wrong_input_ends_the_map(tmp_path: Path) -> None:
    with Crew(1) as crew, pytest.raises(InputError, match=r"a\.txt: cannot be read"):
        crew.map(read_bytes, [tmp_path / "a.txt"] * 4)


def test_after_a_failed_map_there_is_no_other(tmp_path: Path) -> None:
    with Crew(1) as crew:
        with pytest.raises(InputError):
            crew.map(read_bytes, [tmp_path / "a.txt"] * 4)
        with pytest.raises(RuntimeError, match="an earlier map of this crew failed"):
            crew.map(math.sqrt, [4.0])


def test_an_item_is_done_once_by_one_of_several_processes() -> None:
    """``eval``, as a helper cannot import what a test module defines."""
    with Crew(2) as crew:
        done = crew.map(eval, [f"(__import__('os').getpid(), {item})" for item in range(300)])
    assert [item for _, item in done] == list(range(300))
    assert len({process for process, _ in done}) <= 3


def test_after_an_error_no_item_is_handed_out() -> None:
    indices = _Shared(10)
    assert next(indices) == 0
    with pytest.raises(KeyError), indices:
        raise KeyError
    assert list(indices) == []


def test_a_helper_that_dies_ends_the_map() -> None:
    ours = f"__import__('os').getpid() == {os.getpid()}"
    with Crew(1) as crew, pytest.raises(TaskError, match="exited with code 17"):
        crew.map(eval, [f"__import__('time').sleep(0.01) if {ours} else __import__('os')._exit(17)"] * 10_000)


def test_the_helpers_have_gone_afterwards() -> None:
    before = set(psutil.Process().children())
    with Crew(2, preload=("json",)) as crew:
        crew.map(math.sqrt, range(10))
        assert len(set(psutil.Process().children()) - before) == 2
    assert set(psutil.Process().children()) <= before
