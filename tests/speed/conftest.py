"""Every benchmark carries the speed of the machine at its own moment, so that runs can be compared as ratios."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import psutil
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from tests.speed.suites import KEY, calibration_loop

BUSY = 15
"""Per cent of all processors that others may take."""


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """As in a worker. Processor time of several threads counts their waiting for each other."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    yield
    cv2.setNumThreads(before)


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


@pytest.fixture
def idle() -> bool:
    """Nothing else runs here now: a load average would still count the benchmark before this one."""
    return psutil.cpu_percent(interval=1.0) < BUSY
