"""Metrics of a run: CSV always, TensorBoard where it is installed."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evalkit.files import atomic
from evalkit.imports import optional_module


class MetricsFile:
    """Rows of ``metrics.csv`` in long form (step, name, value), and the same scalars for TensorBoard.

    Args:
        folder: of the run.
        step: where the run goes on; rows of a lost future (after the last checkpoint) are dropped.
    """

    def __init__(self, folder: Path, step: int) -> None:
        self.path = folder / "metrics.csv"
        self.writer = _tensorboard(folder / "tensorboard", step)
        rows = [row for row in read_rows(self.path) if int(row[0]) <= step]
        with atomic(self.path) as temporary, temporary.open("w", newline="") as stream:
            csv.writer(stream).writerows([("step", "name", "value"), *rows])

    def add(self, step: int, values: Mapping[str, float]) -> None:
        """Append one row a value."""
        with self.path.open("a", newline="") as stream:
            csv.writer(stream).writerows([(step, name, repr(float(value))) for name, value in values.items()])
        if self.writer is not None:
            for name, value in values.items():
                self.writer.add_scalar(name, value, step)

    def close(self) -> None:
        """Flush TensorBoard's file."""
        if self.writer is not None:
            self.writer.close()


def read_rows(path: Path) -> list[list[str]]:
    """Complete rows of a metrics file without its header; none where there is no file."""
    if not path.exists():
        return []
    with path.open(newline="") as stream:
        return [row for row in csv.reader(stream) if len(row) == 3 and row[0].isdigit()]


def _tensorboard(folder: Path, step: int) -> Any:
    """A SummaryWriter, or None where TensorBoard is not installed."""
    try:
        tensorboard: Any = optional_module("torch.utils.tensorboard")
    except ImportError:
        return None
    return tensorboard.SummaryWriter(str(folder), purge_step=step)
