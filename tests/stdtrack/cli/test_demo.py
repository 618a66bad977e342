"""``stdtrack demo``: from nothing to a report; also from the wheel in an empty environment."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def check(output: str, out: Path) -> None:
    for tracker in ("stdtrack:nano", "opencv:csrt", "opencv:kcf", "opencv:mil"):
        assert tracker in output
    assert "FPS" in output
    assert output.strip().splitlines()[-1] == f"report: {out / 'report' / 'report.html'}"
    assert (out / "report" / "report.html").stat().st_size > 100_000
    assert len(list((out / "runs").glob("*/demo/*_time.txt"))) == 40
    assert len(list((out / "runs").glob("*/demo_lt/*_time.txt"))) == 16
    assert "demo_lt: the target leaves and comes back" in output


@pytest.mark.slow
def test_the_demo_ends_with_a_table_and_a_report(tmp_path):
    command = [sys.executable, "-m", "stdtrack", "demo", "--out", str(tmp_path / "demo")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    check(done.stdout, tmp_path / "demo")


@pytest.mark.slow
def test_the_wheel_in_an_empty_environment_can_do_it(tmp_path):
    python = tmp_path / "venv" / "bin" / "python"
    for command in (
        [sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path), str(ROOT)],
        [sys.executable, "-m", "venv", str(tmp_path / "venv")],
    ):
        subprocess.run(command, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("stdtrack-*.whl")
    install = [str(python), "-m", "pip", "install", "--quiet", "-c", str(ROOT / "constraints.txt"), str(wheel)]
    installed = subprocess.run(install, capture_output=True, text=True)
    assert installed.returncode == 0, installed.stderr
    command = [str(python.with_name("stdtrack")), "demo", "--out", str(tmp_path / "demo")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    check(done.stdout, tmp_path / "demo")
