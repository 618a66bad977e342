"""Benchmark runs compared as ratios to the calibration loop."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from evalkit.errors import InputError
from profiling.calibrated import KEY, calibration_loop, changes, last_run, main


def a_run(seconds: dict[str, float], calibration: float) -> dict[str, Any]:
    return {
        "benchmarks": [
            {"fullname": name, "stats": {"min": value}, "extra_info": {KEY: calibration}}
            for name, value in seconds.items()
        ]
    }


def test_a_slower_machine_is_no_slower_code() -> None:
    (change,) = changes(a_run({"crop": 1.0}, 0.1), a_run({"crop": 3.0}, 0.3))
    assert change.growth == pytest.approx(0.0)
    assert not change.slower


@pytest.mark.parametrize(("factor", "slower"), [(1.14, False), (1.16, True), (0.5, False)])
def test_tolerance_of_fifteen_percent(factor: float, slower: bool) -> None:
    (change,) = changes(a_run({"crop": 1.0}, 0.1), a_run({"crop": factor}, 0.1))
    assert change.slower is slower


def test_new_and_removed_benchmarks_are_left_out() -> None:
    found = changes(a_run({"crop": 1.0, "gone": 1.0}, 0.1), a_run({"crop": 1.0, "new": 9.0}, 0.1))
    assert [change.name for change in found] == ["crop"]


@pytest.mark.parametrize(("now", "code"), [(1.0, 0), (1.3, 1)])
def test_command_compares_with_the_run_stored_last(
    now: float, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stored = tmp_path / "machine"
    stored.mkdir()
    for age, value in ((200, 9.0), (100, 1.0)):
        path = stored / f"{age}.json"
        path.write_text(json.dumps(a_run({"crop": value}, 0.1)))
        os.utime(path, (1e9 - age, 1e9 - age))
    (tmp_path / "now.tmp").write_text(json.dumps(a_run({"crop": now}, 0.1)))
    assert main([str(tmp_path / "now.tmp"), str(tmp_path)]) == code
    assert ("SLOWER" in capsys.readouterr().err) is bool(code)


def test_nothing_stored_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no stored run"):
        last_run(tmp_path)


def test_loop_takes_a_measurable_time() -> None:
    assert 1e-4 < calibration_loop() < 1.0
