"""A report of 5 trackers on OTB100's size (100 sequences of about 590 frames): below 20 s, its plots below 10."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from reports.inputs import ReportTables
from reports.report import write_report

LIMITS = {"plots": 10.0, "tables": 5.0, "html": 5.0}


@pytest.fixture(scope="module")
def otb_size() -> ReportTables:
    """Simulated, by the factory of the reports' own tests."""
    factory = runpy.run_path(str(Path(__file__).parents[1] / "reports" / "conftest.py"))
    tables: ReportTables = factory["make_tables"](5, 100, 590)
    return tables


@pytest.mark.parametrize("part", LIMITS)
def test_report(benchmark: BenchmarkFixture, otb_size: ReportTables, tmp_path: Path, part: str) -> None:
    rounds = 1 if part == "plots" else 5  # the plots take seconds
    files = benchmark.pedantic(lambda: write_report(otb_size, tmp_path, parts=[part]), rounds=rounds)
    assert files.plots or files.tables or files.page


@pytest.mark.goal
@pytest.mark.parametrize("part", LIMITS)
def test_time_of_a_report(benchmark: BenchmarkFixture, otb_size: ReportTables, tmp_path: Path, part: str) -> None:
    benchmark.pedantic(lambda: write_report(otb_size, tmp_path, parts=[part]), rounds=1)
    assert benchmark.stats.stats.max < LIMITS[part]
