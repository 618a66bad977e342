"""Every benchmark carries the speed of the machine at its own moment, so that runs can be compared as ratios."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from profiling.calibrated import KEY, calibration_loop


@pytest.fixture(autouse=True)
def calibration(request: pytest.FixtureRequest) -> Iterator[None]:
    """Time the calibration loop before and after each benchmark; the faster one is kept with its result."""
    if "benchmark" not in request.fixturenames:
        yield
        return
    benchmark: BenchmarkFixture = request.getfixturevalue("benchmark")
    before = calibration_loop()
    yield
    benchmark.extra_info[KEY] = min(before, calibration_loop())
