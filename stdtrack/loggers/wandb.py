"""Weights & Biases: a run of a project, on its server or, with ``mode=offline``, in a folder."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evalkit.imports import optional_module
from stdtrack.loggers import Log, LoggedRun, Logger


class WandbLog:
    """A run beside others that this process may have open."""

    def __init__(self, run: LoggedRun, project: str, mode: str | None) -> None:
        wandb: Any = optional_module("wandb")
        run.folder.mkdir(parents=True, exist_ok=True)
        quiet = wandb.Settings(silent=True, console="off")
        self._run = wandb.init(
            project=project, name=run.name, dir=str(run.folder), mode=mode, reinit="create_new", settings=quiet
        )

    def settings(self, values: Mapping[str, str]) -> None:
        """The run's config."""
        self._run.config.update(dict(values))

    def metrics(self, values: Mapping[str, float], step: int) -> None:
        """A row of the run's history."""
        self._run.log(dict(values), step=step)

    def file(self, path: Path) -> None:
        """A file of the run: a copy, as the original may change before it is sent."""
        copy = shutil.copy(path, self._run.dir)
        self._run.save(copy, base_path=self._run.dir, policy="now")

    def close(self, *, failed: bool) -> None:
        """End the run; what was kept offline is sent by ``wandb sync``."""
        self._run.finish(exit_code=int(failed))


def _open(run: LoggedRun, project: str = "stdtrack", mode: str = "") -> Log:
    """``mode`` is WANDB_MODE if empty: online, offline or disabled."""
    return WandbLog(run, project, mode or None)


LOGGER = Logger(_open, needs="wandb", extra="wandb")
