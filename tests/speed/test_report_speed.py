"""Reports on OTB100's size: of 5 trackers' tables below 20 s, its plots below 10; of 20 trackers' files below 10 s."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pytest_benchmark.fixture import BenchmarkFixture

from evalkit.benchmarks.otb100 import OTB100
from reports.inputs import ReportTables
from reports.report import write_report

LIMITS = {"plots": 10.0, "tables": 5.0, "html": 5.0}
WHOLE = 10.0
"""Seconds of a report of 20 trackers on 100 sequences, from their files to the last plot, in a process of its own."""


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


@pytest.fixture(scope="module")
def otb_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """OTB100's sequences in their official lengths: made-up annotations and results of 20 trackers."""
    root, rng, benchmark = tmp_path_factory.mktemp("otb"), np.random.default_rng(0), OTB100.__new__(OTB100)
    for sequence in OTB100.official_names(benchmark) or ():
        time = np.arange(benchmark.official_length(sequence) or 0)
        truth = np.stack([200 + 80 * np.sin(time / 60), 150 + 50 * np.cos(time / 50), 60 + 0 * time, 50 + 0 * time], 1)
        write_boxes(root / "annotations" / f"{sequence}.txt", truth.round())
        for tracker in range(20):
            drift = np.cumsum(rng.normal(0, 0.1 * (1 + tracker), (len(time), 2)), axis=0)
            boxes = truth + np.concatenate([drift, rng.normal(0, 1.5, (len(time), 2))], axis=1)
            write_boxes(root / "results" / f"tracker{tracker:02d}" / f"{sequence}.txt", boxes)
    return root


def write_boxes(path: Path, boxes: NDArray[np.float64]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(",".join(f"{value:.3f}" for value in box) for box in boxes.tolist()) + "\n")


@pytest.mark.goal
def test_time_from_files_to_a_report(benchmark: BenchmarkFixture, otb_files: Path, tmp_path: Path) -> None:
    options = ["--on", "otb100", "--annotations", str(otb_files / "annotations"), "--no-cache"]
    command = [sys.executable, "-m", "stdtrack", "report", str(otb_files / "results"), "--out", str(tmp_path), *options]
    benchmark.pedantic(lambda: subprocess.run(command, check=True, capture_output=True), rounds=1)
    assert (tmp_path / "report.html").stat().st_size < 3e6
    assert benchmark.stats.stats.max < WHOLE
