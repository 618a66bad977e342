"""TensorBoard: event files in a folder, one a run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evalkit.imports import optional_module
from evalkit.trackers.folders import folder_name
from stdtrack.loggers import Log, LoggedRun, Logger


class TensorBoardLog:
    """An event file; ``tensorboard --logdir FOLDER`` shows it."""

    def __init__(self, folder: Path, step: int) -> None:
        module: Any = optional_module("torch.utils.tensorboard")
        self._writer = module.SummaryWriter(str(folder), purge_step=step)

    def settings(self, values: Mapping[str, str]) -> None:
        """A text, as TensorBoard has no settings without metrics."""
        self._writer.add_text("settings", "\n".join(f"- {name}: `{value}`" for name, value in values.items()))

    def metrics(self, values: Mapping[str, float], step: int) -> None:
        """Scalars."""
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)

    def file(self, path: Path) -> None:
        """Where it lies: TensorBoard keeps no files."""
        self._writer.add_text("files", f"`{path}`")

    def close(self, *, failed: bool) -> None:
        """Write what is still to be written."""
        self._writer.close()


def _open(run: LoggedRun, folder: str = "") -> Log:
    """``folder`` is the one that holds all runs, ``tensorboard`` in the run's own if empty."""
    base = Path(folder) if folder else run.folder / "tensorboard"
    return TensorBoardLog(base / folder_name(run.name), run.step)


LOGGER = Logger(_open, needs="tensorboard", extra="tensorboard")
