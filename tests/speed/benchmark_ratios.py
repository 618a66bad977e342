"""Speeds of benchmarks as ratios to a calibration loop, so that a slower machine is no slower code."""

from __future__ import annotations

import math
import resource
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

TOLERANCE = 0.15
KEY = "calibration"
"""Where a benchmark's ``extra_info`` keeps the seconds of :func:`calibration_loop` around it."""

_LOOPS = 150

Pass = Mapping[str, Any]
"""One run of the suites, as pytest-benchmark stores it."""


def cpu_seconds() -> float:
    """Processor time of this process and of its finished children: waiting for a busy machine does not count.

    The clock of the suites (``--benchmark-timer``), and of the loop that they are compared with.
    """
    mine, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return mine.ru_utime + mine.ru_stime + children.ru_utime + children.ru_stime


def calibration_loop() -> float:
    """Processor seconds of about a millisecond of interpreted steps and array operations: the best of many."""
    values = np.arange(65_536, dtype=np.float32)
    best = float("inf")
    for _ in range(_LOOPS):
        start = cpu_seconds()
        total = 0
        for index in range(8_000):
            total += index * index
        for _ in range(8):
            np.sqrt(values * 1.5 + 2.0)
        best = min(best, cpu_seconds() - start)
    return best


@dataclass(frozen=True)
class Change:
    """A benchmark's ratio to the calibration loop, before and now."""

    name: str
    before: float
    now: float

    @property
    def growth(self) -> float:
        """Relative growth; 0.2 is 20 % slower."""
        return self.now / self.before - 1.0

    @property
    def slower(self) -> bool:
        """Slower by more than the tolerance."""
        return self.growth > TOLERANCE


def ratios(passes: Sequence[Pass]) -> dict[str, float]:
    """Fastest round of all passes over the fastest calibration loop of all, by full name of the benchmark.

    Memory and neighbours of a process make short benchmarks up to twice as slow from one pass to the next, always
    slower, never faster: so the best is what the code, and the machine, can do.
    """
    entries = [entry for each in passes for entry in each["benchmarks"] if KEY in entry["extra_info"]]
    loop = min((entry["extra_info"][KEY] for entry in entries), default=math.nan)
    seconds: dict[str, float] = {}
    for entry in entries:
        name, fastest = entry["fullname"], entry["stats"]["min"]
        seconds[name] = min(fastest, seconds.get(name, fastest))
    return {name: value / loop for name, value in seconds.items()}


def changes(before: Sequence[Pass], now: Sequence[Pass]) -> tuple[Change, ...]:
    """Benchmarks that both runs have, most slowed down first."""
    old, new = ratios(before), ratios(now)
    found = (Change(name, old[name], new[name]) for name in new if name in old)
    return tuple(sorted(found, key=lambda change: -change.growth))
