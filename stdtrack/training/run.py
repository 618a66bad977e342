"""A whole run: open the data, train, tell how far it is."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path

import torch

from evalkit.errors import InputError
from evalkit.files import remove_leftovers
from stdtrack.loggers import LoggedRun, check, flat, open_logs
from stdtrack.training.checkpoint import list_checkpoints
from stdtrack.training.config import TrainConfig
from stdtrack.training.distributed import join_world
from stdtrack.training.loop import Listener, Trainer, TrainingProgress
from stdtrack.training.sources import build_sources
from stdtrack.training.validation import build_validation


def run_training(config: TrainConfig, *, resume: bool, tell: Listener, log: str | Iterable[str] = ()) -> Path | None:
    """Train from the start or from the newest checkpoint, and return the best weights, None without validation.

    Of several processes the leading one alone calls ``tell``, logs and returns a path.

    Args:
        log: loggers such as ``tensorboard`` or ``mlflow?experiment=nano``, see :mod:`stdtrack.loggers`.

    Raises InputError for data that cannot be used, for a folder that already holds a run when ``resume`` is false,
    for a checkpoint of another config, and for a logger that is not there.
    """
    openings = check(log)
    folder = Path(config.out)
    if not resume and list_checkpoints(folder):
        raise InputError("this folder already holds a run", path=folder, hint="--resume, or another --set out=FOLDER")
    folder.mkdir(parents=True, exist_ok=True)
    if config.threads:
        torch.set_num_threads(config.threads)
    with join_world(config.device) as world:
        own = tell if world.leads else _silent
        if world.leads:
            remove_leftovers(folder)
        sources, skipped = build_sources(config)
        for name in skipped:
            own(f"skipped: {name}")
        if skipped:
            own(f"{len(skipped)} skipped in all")
        trainer = Trainer(config, sources, build_validation(config), world, own)
        if resume and trainer.resume():
            own(f"resumed at step {trainer.step}")
        run = LoggedRun(folder.resolve().name, folder, trainer.step)
        with open_logs(openings if world.leads else (), run) as logs:
            logs.settings(flat(dataclasses.asdict(config)))
            trainer.run(logs)
    best = folder / "best.safetensors"
    return best if world.leads and best.exists() else None


def _silent(event: TrainingProgress | str) -> None:
    """What the other processes say."""
