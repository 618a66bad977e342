"""The example in percent cells runs from the demo's data to speeds, each cell after those before it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "quickstart.py"
CELLS = EXAMPLE.read_text(encoding="utf-8").split("\n# %% ")[1:]


def run_cells(cells: list[str], folder: Path) -> str:
    code = "".join(f"\n# %% {cell}" for cell in cells)
    environment = {**os.environ, "STDTRACK_CACHE": str(folder / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_cells_until_the_plot(tmp_path: Path) -> None:
    out = run_cells(CELLS[:-1], tmp_path)
    assert "still, kcf on demo" in out or "kcf, still on demo" in out
    assert "is better" in out or "no difference can be claimed" in out
    assert (tmp_path / "quickstart" / "success.png").stat().st_size > 0
    assert (tmp_path / "quickstart" / "report" / "tables").is_dir()


@pytest.mark.slow
def test_all_cells(tmp_path: Path) -> None:
    assert "p99_ms" in run_cells(CELLS, tmp_path)
