"""Benchmark runs compared by their ratio to a calibration loop, so that a slower machine is no slower code.

``python -m profiling.calibrated NEW.json FOLDER`` compares a run of pytest-benchmark with the last one stored under a
folder, and fails where a ratio grew by more than 15 %.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evalkit.errors import InputError

TOLERANCE = 0.15
KEY = "calibration"
"""Where a benchmark's ``extra_info`` keeps the seconds of :func:`calibration_loop` around it."""

_LOOPS = 150


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


def ratios(run: Mapping[str, Any]) -> dict[str, float]:
    """Fastest round over calibration loop, by full name of the benchmark, of a run as pytest-benchmark stores it."""
    return {
        entry["fullname"]: entry["stats"]["min"] / entry["extra_info"][KEY]
        for entry in run["benchmarks"]
        if KEY in entry["extra_info"]
    }


def changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[Change, ...]:
    """Benchmarks that both runs have, most slowed down first."""
    old, new = ratios(before), ratios(now)
    found = (Change(name, old[name], new[name]) for name in new if name in old)
    return tuple(sorted(found, key=lambda change: -change.growth))


def last_run(folder: Path, *, but: Path | None = None) -> Path:
    """The run stored last below a folder; raises InputError when there is none."""
    runs = [path for path in folder.rglob("*.json") if path != but]
    if not runs:
        raise InputError("no stored run to compare with", path=folder, hint="make bench stores one")
    return max(runs, key=lambda path: path.stat().st_mtime)


def main(arguments: list[str]) -> int:
    """Compare, tell on stderr; 1 where something became slower."""
    new, folder = (Path(argument) for argument in arguments)
    old = last_run(folder, but=new)
    found = changes(json.loads(old.read_text()), json.loads(new.read_text()))
    sys.stderr.write(f"ratios to the calibration loop, against {old}:\n")
    for change in found:
        mark = "SLOWER" if change.slower else "ok"
        sys.stderr.write(f"{mark:>6} {100 * change.growth:+7.1f} %  {change.name}\n")
    return int(any(change.slower for change in found))


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except InputError as problem:
        sys.exit(str(problem))
