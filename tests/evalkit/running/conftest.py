"""A small benchmark on disk, trackers that fail in known ways, and a run through real worker processes."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import pytest

from evalkit.benchmarks.registry import open_benchmark
from evalkit.running.pool import WorkerPool
from evalkit.running.progress import RunSummary
from evalkit.running.runner import RunOptions, run
from evalkit.running.selection import Selection, select
from evalkit.trackers.live import named_trackers

HERE = Path(__file__).parent
WIDTHS = {"alpha": 60, "beta": 70, "gamma": 80}
FRAMES = 6


def write_sequences(root: Path, names: dict[str, int] = WIDTHS, frames: int = FRAMES) -> Path:
    """Sequence folders in the layout of ``folder``; each has its own picture width."""
    rng = np.random.default_rng(0)
    for name, width in names.items():
        images = root / name / "img"
        images.mkdir(parents=True)
        for number in range(1, frames + 1):
            picture = cv2.GaussianBlur(rng.integers(0, 256, (48, width, 3), dtype=np.uint8), (0, 0), 2)
            cv2.imwrite(str(images / f"{number:04d}.jpg"), picture)
        (root / name / "groundtruth.txt").write_text("10,12,20.5,16\n" * frames)
    return root


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Three sequences of six frames."""
    return write_sequences(tmp_path / "data")


@dataclass
class Recorder:
    """A progress that keeps what it was told."""

    begun: list[tuple[str, int, int]] = field(default_factory=list)
    ended: list[tuple[str, str | None]] = field(default_factory=list)
    remarks: list[tuple[str, str]] = field(default_factory=list)

    def select(self, selection: Selection) -> None: ...

    def remark(self, tracker: str, note: str) -> None:
        self.remarks.append((tracker, note))

    def begin(self, tracker: str, benchmark: str, *, sequences: int, frames: int, finished: int) -> None:
        self.begun.append((tracker, sequences, finished))

    def advance(self, tracker: str, benchmark: str, sequence: str, frames: int, failure: str | None) -> None:
        self.ended.append((sequence, failure))


Run = Callable[..., tuple[RunSummary, Recorder]]


@pytest.fixture
def fake_trackers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes ``fake_trackers:...`` importable here and in worker processes."""
    monkeypatch.syspath_prepend(HERE)


@pytest.fixture
def run_folder(data: Path, tmp_path: Path, fake_trackers: None) -> Run:
    """``run_folder(spec, workers=1, timeout=None, ...)`` runs it on the three sequences, into ``tmp_path/runs``."""

    def go(
        *specs: str, workers: int = 1, timeout: float | None = 60.0, globs: tuple[str, ...] = (), **options: object
    ) -> tuple[RunSummary, Recorder]:
        progress = Recorder()
        selections = select([open_benchmark("folder", data=data)], globs)
        with WorkerPool(workers, timeout=timeout) as pool:
            settings = RunOptions(tmp_path / "runs", workers=workers, **options)  # type: ignore[arg-type]
            return run(named_trackers(specs), selections, pool, settings, progress), progress

    return go


@pytest.fixture
def environment() -> dict[str, str]:
    """For ``stdtrack`` as a process of its own, which then finds the fake trackers."""
    return os.environ | {"PYTHONPATH": str(HERE)}
