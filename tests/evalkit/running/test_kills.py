"""200 random SIGKILLs over runs of rendered and real sequences: 0 lost, 0 doubled, 0 partial, the same bytes."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path
from time import monotonic

import psutil
import pytest

from evalkit.benchmarks.synthetic.writer import render

KILLS = 200
TRACKER = "opencv:kcf"


def command(root: Path, out: Path, *more: str) -> list[str]:
    start = [sys.executable, "-m", "stdtrack", "run", TRACKER, "--workers", "2", "--retry-failed"]
    return [*start, "--on", "demo,otb100", "--data", str(root), "--out", str(out), *more]


def boxes(out: Path) -> dict[str, bytes]:
    paths = [path for path in out.glob("*/*/*.txt") if not path.name.endswith(("_time.txt", "_score.txt"))]
    return {f"{path.parent.name}/{path.name}": path.read_bytes() for path in paths}


def kill_something(process: subprocess.Popen[bytes], rng: random.Random) -> None:
    """The run itself three times out of four, else one of its workers."""
    try:
        children = psutil.Process(process.pid).children()
    except psutil.NoSuchProcess:
        return
    if children and rng.random() < 0.25:
        try:
            rng.choice(children).kill()
        except psutil.NoSuchProcess:
            return
        process.wait()  # the run goes on without it, and reports the failure
    else:
        process.kill()


@pytest.mark.slow
def test_no_kill_loses_or_changes_a_result(tmp_path: Path, shared: Path):
    root = tmp_path / "data"
    render(root, frames=40)
    (root / "OTB100").symlink_to(shared / "benchmarks" / "OTB100")
    begin = monotonic()
    subprocess.run(command(root, tmp_path / "reference"), check=True, capture_output=True)
    undisturbed = monotonic() - begin
    expected = boxes(tmp_path / "reference")
    assert len(expected) == 15
    rng = random.Random(0)
    kills = rounds = 0
    while kills < KILLS:
        rounds += 1
        out = tmp_path / f"round{rounds}"
        while True:
            process = subprocess.Popen(command(root, out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                process.wait(rng.uniform(0.1, 0.7) * undisturbed)
            except subprocess.TimeoutExpired:
                kill_something(process, rng)
                kills += 1
            process.wait()
            found = boxes(out)
            assert found.items() <= expected.items(), "a partial or different result"
            if process.returncode == 0:
                break
        assert found == expected
        assert not list(out.rglob("*.tmp"))
