"""Metrics of a run: a CSV file, and the loggers that were asked for."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from evalkit.errors import InputError
from evalkit.files import atomic
from stdtrack.loggers import Logs

METRICS = "metrics.csv"
"""The file's name in the folder of a run."""
SCENE = "validation/scene/"
"""What the names of the scenes' figures begin with."""


class MetricsFile:
    """Rows of ``metrics.csv`` in long form (step, name, value), and the same figures for loggers.

    Args:
        folder: of the run.
        step: where the run goes on; rows of a lost future (after the last checkpoint) are dropped.
        logs: what else is told of each figure.
    """

    def __init__(self, folder: Path, step: int, logs: Logs) -> None:
        self.path, self.logs = folder / METRICS, logs
        rows = [row for row in read_rows(self.path) if int(row[0]) <= step]
        with atomic(self.path) as temporary, temporary.open("w", newline="") as stream:
            csv.writer(stream).writerows([("step", "name", "value"), *rows])

    def add(self, step: int, values: Mapping[str, float]) -> None:
        """Append one row a value."""
        with self.path.open("a", newline="") as stream:
            csv.writer(stream).writerows([(step, name, repr(float(value))) for name, value in values.items()])
        self.logs.metrics(values, step)


def read_rows(path: Path) -> list[list[str]]:
    """Complete rows of a metrics file without its header; none where there is no file."""
    if not path.exists():
        return []
    with path.open(newline="") as stream:
        return [row for row in csv.reader(stream) if len(row) == 3 and row[0].isdigit()]


def validated_scenes(path: Path, step: int) -> dict[str, float]:
    """The validation AUC of every left-out scene at a step; raises InputError where the file has none of that step."""
    rows = [row for row in read_rows(path) if int(row[0]) == step and row[1].startswith(SCENE)]
    if not rows:
        raise InputError(f"no validation of step {step}", path=path, hint="train that run again")
    return {name.removeprefix(SCENE): float(value) for _, name, value in rows}
