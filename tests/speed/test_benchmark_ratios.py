"""Benchmark runs compared as ratios to the calibration loop."""

from __future__ import annotations

from typing import Any

import pytest

from tests.speed.suites import KEY, calibration_loop, changes, ratios


def a_pass(seconds: dict[str, float], calibration: float = 0.1) -> dict[str, Any]:
    return {
        "commit_info": {"id": "0123456789abcdef"},
        "benchmarks": [
            {"fullname": name, "stats": {"min": value}, "extra_info": {KEY: calibration}}
            for name, value in seconds.items()
        ],
    }


def test_a_slower_machine_is_no_slower_code() -> None:
    (change,) = changes([a_pass({"crop": 1.0}, 0.1)], [a_pass({"crop": 3.0}, 0.3)])
    assert change.growth == pytest.approx(0.0)
    assert not change.slower


@pytest.mark.parametrize(("factor", "slower"), [(1.14, False), (1.16, True), (0.5, False)])
def test_tolerance_of_fifteen_percent(factor: float, slower: bool) -> None:
    (change,) = changes([a_pass({"crop": 1.0})], [a_pass({"crop": factor})])
    assert change.slower is slower


def test_the_best_of_all_passes_counts() -> None:
    assert ratios([a_pass({"crop": 2.0}, 0.1), a_pass({"crop": 1.0}, 0.2)]) == {"crop": 10.0}


def test_new_and_removed_benchmarks_are_left_out() -> None:
    found = changes([a_pass({"crop": 1.0, "gone": 1.0})], [a_pass({"crop": 1.0, "new": 9.0})])
    assert [change.name for change in found] == ["crop"]


def test_loop_takes_a_measurable_time() -> None:
    assert calibration_loop() > 0.0
