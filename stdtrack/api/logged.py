"""Scores and reports on a logger's board: one run a tracker, its figures by benchmark, rules and metric."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from stdtrack import __version__
from stdtrack.loggers import LoggedRun, check, open_logs

if TYPE_CHECKING:
    import pandas as pd


def log_scores(table: pd.DataFrame, log: str | Iterable[str], folder: Path = Path()) -> None:
    """Log the overall figures of each tracker.

    Args:
        table: :data:`evalkit.scoring.columns.SCORES`, a row a figure; those of single sequences are left out.
        log: loggers such as ``mlflow`` or ``tensorboard?folder=DIR``, see :mod:`stdtrack.loggers`.
        folder: for services that keep files.

    Raises:
        InputError: no such logger, or it cannot begin a run.
    """
    openings = check(log)
    if not openings:
        return
    for tracker, rows in table[table["sequence"].isna()].groupby("tracker", sort=False):
        keys = [f"{row.benchmark}/{row.protocol}" for row in rows.itertuples()]
        covered = (f"{row.scored} of {row.total} sequences" for row in rows.itertuples())
        metrics = (f"{key}/{metric}" for key, metric in zip(keys, rows["metric"], strict=True))
        with open_logs(openings, LoggedRun(str(tracker), folder)) as logs:
            logs.settings({"tracker": str(tracker), "stdtrack": __version__, **dict(zip(keys, covered, strict=True))})
            logs.metrics(dict(zip(metrics, rows["value"].astype(float), strict=True)), 0)


def log_files(name: str, files: Iterable[Path], log: str | Iterable[str], folder: Path = Path()) -> None:
    """Log files as a run of their own; raises InputError as :func:`log_scores` does."""
    openings = check(log)
    if not openings:
        return
    with open_logs(openings, LoggedRun(name, folder)) as logs:
        logs.settings({"stdtrack": __version__})
        for file in files:
            logs.file(file)
