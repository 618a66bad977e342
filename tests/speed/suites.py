"""The benchmark suites, run several times over, stored, and compared with the run stored last.

``python -m tests.speed.suites store`` and ``... compare``. A benchmark that seems slower is run again, and is slower
only if it stays so: other work on a machine passes, slower code does not.
"""

from __future__ import annotations

import json
import math
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from evalkit.errors import InputError
from evalkit.files import write_atomic
from stdtrack.cli.main import EXIT_WRONG_INPUT


def run(main: Callable[[Sequence[str]], int]) -> None:
    """Call ``main`` with the command line's arguments and exit with what it returns."""
    try:
        sys.exit(main(sys.argv[1:]))
    except InputError as problem:
        sys.stderr.write(f"{problem}\n")
        sys.exit(EXIT_WRONG_INPUT)


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


SUITES, STORE = Path("tests/speed"), Path(".benchmarks")
STORED, COMPARED, AGAIN = 5, 3, 4
"""Passes of a run that is stored, and of one that is compared; passes more of what seems slower."""

RunPass = Callable[[Sequence[str]], Pass]
"""Runs the named benchmarks once; all of them without a name."""


def run_pass(names: Sequence[str] = ()) -> Pass:
    """Run benchmarks in a fresh process on one thread, timed in processor seconds; goals are left out.

    Raises:
        InputError: a benchmark failed.
    """
    with TemporaryDirectory() as folder:
        stored = Path(folder) / "pass.json"
        options = ["-m", "not goal", "-p", "no:xdist", "-q", "--benchmark-only", "--benchmark-quiet"]
        options += ["--benchmark-warmup=on", "--benchmark-max-time=0.5", f"--benchmark-json={stored}"]
        options += ["--benchmark-timer=tests.speed.suites.cpu_seconds"]
        arguments = [sys.executable, "-m", "pytest", *(names or [str(SUITES)]), *options]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        environment["OMP_NUM_THREADS"] = "1"
        done = subprocess.run(arguments, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise InputError(f"benchmarks failed:\n{done.stdout[-4000:]}{done.stderr[-1000:]}", path=SUITES)
        result: Pass = json.loads(stored.read_text(encoding="utf-8"))
        return result


def run_passes(run: RunPass, count: int) -> list[Pass]:
    """All benchmarks, several times over."""
    passes = []
    for number in range(count):
        sys.stderr.write(f"pass {number + 1} of {count}\n")
        passes.append(run(()))
    return passes


def store(passes: Sequence[Pass], folder: Path) -> Path:
    """Write a run; its file is named by time and commit."""
    commit = str(passes[0]["commit_info"].get("id") or "unknown")[:12]
    path = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S}_{commit}.json"
    folder.mkdir(parents=True, exist_ok=True)
    write_atomic(path, json.dumps({"passes": passes}))
    return path


def last_run(folder: Path) -> tuple[Path, list[Pass]]:
    """The run stored last in a folder; raises InputError when there is none, or when it cannot be read."""
    hint = "make bench stores one"
    path = max(folder.glob("*.json"), default=None)
    if path is None:
        raise InputError("no stored run to compare with", path=folder, hint=hint)
    try:
        passes: list[Pass] = json.loads(path.read_text(encoding="utf-8"))["passes"]
        ratios(passes)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError("is no stored run", path=path, hint=hint) from error
    return path, passes


def compare(before: Sequence[Pass], run: RunPass) -> tuple[Change, ...]:
    """Run the suites; what seems slower than before is run again until it does not, four times at most."""
    now = run_passes(run, COMPARED)
    for _ in range(AGAIN):
        slower = [change.name for change in changes(before, now) if change.slower]
        if not slower:
            break
        sys.stderr.write(f"again: {len(slower)} that seem slower\n")
        now.append(run(slower))
    return changes(before, now)


def main(arguments: Sequence[str], run: RunPass = run_pass, folder: Path = STORE) -> int:
    """Store a run, or compare one and tell on stderr; 1 where something became slower."""
    if list(arguments) == ["store"]:
        sys.stderr.write(f"stored as {store(run_passes(run, STORED), folder)}\n")
        return 0
    if list(arguments) != ["compare"]:
        raise InputError(f"unknown arguments {list(arguments)}", hint="python -m tests.speed.suites store|compare")
    path, before = last_run(folder)
    found = compare(before, run)
    sys.stderr.write(f"ratios to the calibration loop, against {path}; slower above {100 * TOLERANCE:.0f} %:\n")
    for change in found:
        sys.stderr.write(f"{'SLOWER' if change.slower else 'ok':>6} {100 * change.growth:+7.1f} %  {change.name}\n")
    return int(any(change.slower for change in found))


if __name__ == "__main__":
    run(main)
