"""Benchmark suites in passes, stored and compared."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from evalkit.errors import InputError
from tests.speed.suites import AGAIN, COMPARED, KEY, STORED, Pass, compare, last_run, main, run_pass, store


def a_pass(**seconds: float) -> Pass:
    entries = [{"fullname": name, "stats": {"min": value}, "extra_info": {KEY: 0.1}} for name, value in seconds.items()]
    return {"commit_info": {"id": "0123456789abcdef"}, "benchmarks": entries}


class Scripted:
    """Passes in turn, the last one for ever; what it was asked for is kept."""

    def __init__(self, *passes: Pass) -> None:
        self.passes, self.asked = list(passes), list[list[str]]()

    def __call__(self, names: Sequence[str]) -> Pass:
        self.asked.append(list(names))
        return self.passes.pop(0) if len(self.passes) > 1 else self.passes[0]


def test_what_seems_slower_once_is_run_again_alone() -> None:
    passes = Scripted(*[a_pass(crop=2.0, step=1.0)] * COMPARED, a_pass(crop=1.0))
    slower = [change.name for change in compare([a_pass(crop=1.0, step=1.0)], passes) if change.slower]
    assert not slower
    assert passes.asked[COMPARED:] == [["crop"]]


def test_what_stays_slower_is_slower() -> None:
    passes = Scripted(a_pass(crop=1.3, step=1.0))
    slower = [change.name for change in compare([a_pass(crop=1.0, step=1.0)], passes) if change.slower]
    assert slower == ["crop"]
    assert len(passes.asked) == COMPARED + AGAIN


def test_the_run_stored_last_is_found(tmp_path: Path) -> None:
    (tmp_path / "20200101T000000_old.json").write_text('{"passes": []}')
    path = store([a_pass(crop=1.0)], tmp_path)
    assert path.name.endswith("_0123456789ab.json")
    assert last_run(tmp_path) == (path, [a_pass(crop=1.0)])


@pytest.mark.parametrize(("now", "code"), [(1.0, 0), (1.3, 1)])
def test_command(now: float, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    passes = Scripted(*[a_pass(crop=1.0)] * STORED, a_pass(crop=now))
    assert main(["store"], passes, tmp_path) == 0
    assert main(["compare"], passes, tmp_path) == code
    assert ("SLOWER   +30.0 %  crop" in capsys.readouterr().err) is bool(code)


@pytest.mark.parametrize("content", ["{", '{"benchmarks": []}', '{"passes": [{}]}'])
def test_a_file_that_is_no_run_is_named(content: str, tmp_path: Path) -> None:
    (tmp_path / "1.json").write_text(content)
    with pytest.raises(InputError, match=r"1\.json: is no stored run"):
        last_run(tmp_path)


def test_nothing_stored_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no stored run"):
        last_run(tmp_path)


def test_unknown_arguments() -> None:
    with pytest.raises(InputError, match="unknown arguments"):
        main(["stor"])


def test_benchmarks_that_fail_end_the_comparison(tmp_path: Path) -> None:
    failing = tmp_path / "test_failing.py"
    failing.write_text("def test_failing(benchmark):\n    benchmark(lambda: 1 / 0)\n")
    with pytest.raises(InputError, match="ZeroDivisionError"):
        run_pass([str(failing)])


def test_a_pass_of_a_real_benchmark(tmp_path: Path) -> None:
    (tmp_path / "test_real.py").write_text("def test_real(benchmark):\n    assert benchmark(sum, range(9)) == 36\n")
    (entry,) = run_pass([str(tmp_path / "test_real.py")])["benchmarks"]
    assert entry["stats"]["min"] > 0


@pytest.mark.slow
def test_every_benchmark_runs() -> None:
    assert len({entry["fullname"] for entry in run_pass()["benchmarks"]}) >= 27


WORK = """
def work(times):
    return sum(index * index for index in range(times))


def test_work(benchmark):
    assert benchmark(work, {times}) > 0
"""


@pytest.mark.slow
def test_thirty_percent_are_found_and_nothing_else_beside_other_work(tmp_path: Path) -> None:
    shutil.copy(Path(__file__).parents[1] / "speed" / "conftest.py", tmp_path)
    benchmark = tmp_path / "test_work.py"

    def passes(names: Sequence[str]) -> Pass:
        return run_pass([str(benchmark)])

    benchmark.write_text(WORK.format(times=20_000))
    before = [passes(()) for _ in range(STORED)]
    spin = "while True: pass"
    others = [subprocess.Popen([sys.executable, "-c", spin]) for _ in range(os.cpu_count() or 1)]
    try:
        (same,) = compare(before, passes)
        benchmark.write_text(WORK.format(times=26_000))
        (slowed,) = compare(before, passes)
    finally:
        for other in others:
            other.kill()
            other.wait()
    assert not same.slower
    assert slowed.slower
