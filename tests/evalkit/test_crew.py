"""A map that several processes share out."""

from __future__ import annotations

import math
from multiprocessing import get_context
from pathlib import Path

import pytest

from evalkit.crew import Crew, _share
from evalkit.errors import InputError
from evalkit.reading import read_bytes


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


def test_what_another_process_took_is_left_to_it(tmp_path: Path) -> None:
    taken = get_context("spawn").Value("q", 2)
    assert _share(math.sqrt, [1.0, 4.0, 9.0, 16.0], taken) == {2: 3.0, 3: 4.0}
    taken.value = 0
    with pytest.raises(InputError):
        _share(read_bytes, [tmp_path / "a.txt"] * 4, taken)
    assert _share(read_bytes, [tmp_path / "a.txt"] * 4, taken) == {}
