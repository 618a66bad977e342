"""`stdtrack report` of many trackers and of many sequences: memory of all its processes, and processor time."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import sleep

import numpy as np
import psutil
import pytest

MEGABYTE = 10**6


def write_results(root: Path, trackers: int, sequences: int, frames: int) -> None:
    """Annotation and results of the layout ``folder``: boxes, times and scores."""
    rng = np.random.default_rng(0)
    for number in range(sequences):
        folder = root / "data" / f"clip{number:04d}"
        folder.mkdir(parents=True)
        time = np.arange(frames)
        boxes = np.stack([20 + 0.3 * (time % 100), 15 + 0.2 * (time % 60), 0 * time + 30, 0 * time + 20], axis=1)
        np.savetxt(folder / "groundtruth.txt", boxes, fmt="%.4f", delimiter=",")
        for tracker in range(trackers):
            place = root / "runs" / f"tracker{tracker:02d}" / "folder"
            place.mkdir(parents=True, exist_ok=True)
            found = boxes + rng.normal(0, 1 + 0.1 * tracker, (frames, 4)) * (1, 1, 0, 0)
            found[0] = boxes[0]
            np.savetxt(place / f"clip{number:04d}.txt", found, fmt="%.4f", delimiter=",")
            np.savetxt(place / f"clip{number:04d}_time.txt", rng.uniform(0.01, 0.02, frames), fmt="%.5f")
            np.savetxt(place / f"clip{number:04d}_score.txt", rng.uniform(0, 1, frames), fmt="%.4f")


def measured(root: Path) -> dict[str, float]:
    """Seconds of processor time and the largest sum of resident bytes over the tree of processes, in MB."""
    command = [sys.executable, "-m", "stdtrack", "report", str(root / "runs"), "--on", "folder"]
    before, peak = resource.getrusage(resource.RUSAGE_CHILDREN), 0
    environment = os.environ | {"XDG_CACHE_HOME": str(root / "cache")}
    with subprocess.Popen(
        [*command, "--data", str(root / "data"), "--out", str(root / "report")],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        parent = psutil.Process(process.pid)
        while process.poll() is None:
            peak = max(peak, _resident(parent))
            sleep(0.02)
        assert process.stderr is not None
        assert process.returncode == 0, process.stderr.read()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"processor_seconds": round(seconds, 1), "peak_megabytes": round(peak / MEGABYTE)}


def _resident(parent: psutil.Process) -> int:
    total = 0
    try:
        for process in (parent, *parent.children(recursive=True)):
            total += process.memory_info().rss
    except psutil.Error:  # one of them has ended
        return total
    return total


@pytest.mark.goal
@pytest.mark.parametrize(
    ("trackers", "sequences", "frames", "megabytes", "seconds"),
    [pytest.param(60, 5, 400, 500, 30, id="60 trackers"), pytest.param(6, 2000, 100, 700, 45, id="2,000 sequences")],
)
def test_a_large_report(
    tmp_path: Path, benchmark: Callable[..., dict[str, float]],
    trackers: int, sequences: int, frames: int, megabytes: float, seconds: float,
) -> None:  # fmt: skip
    write_results(tmp_path, trackers, sequences, frames)
    found = benchmark.pedantic(measured, args=(tmp_path,), rounds=1)  # type: ignore[attr-defined]
    print(json.dumps(found))  # noqa: T201
    assert found["peak_megabytes"] < megabytes
    assert found["processor_seconds"] < seconds
