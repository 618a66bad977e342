"""A whole run: open the data, train, tell how far it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import torch

from evalkit.errors import InputError
from stdtrack.training.checkpoint import list_checkpoints
from stdtrack.training.config import TrainConfig
from stdtrack.training.distributed import join_world
from stdtrack.training.loop import Progress, Trainer
from stdtrack.training.sources import build_sources
from stdtrack.training.validation import build_validation


def run_training(config: TrainConfig, *, resume: bool, say: Callable[[str], None]) -> Path | None:
    """Train from the start or from the newest checkpoint, and return the best weights, None without validation.

    Raises InputError for data that cannot be used, for a folder that already holds a run when ``resume`` is false, and
    for a checkpoint of another config.
    """
    folder = Path(config.out)
    if not resume and list_checkpoints(folder):
        raise InputError("this folder already holds a run", path=folder, hint="--resume, or another --set out=FOLDER")
    folder.mkdir(parents=True, exist_ok=True)
    if config.threads:
        torch.set_num_threads(config.threads)
    with join_world(config.device) as world:
        tell = say if world.leads else _silent
        sources, skipped = build_sources(config)
        for name in skipped:
            tell(f"skipped: {name}")
        if skipped:
            tell(f"{len(skipped)} skipped in all")
        trainer = Trainer(config, sources, build_validation(config), world, lambda progress: tell(describe(progress)))
        if resume and trainer.resume():
            tell(f"resumed at step {trainer.step}")
        trainer.run()
    best = folder / "best.safetensors"
    return best if world.leads and best.exists() else None


def describe(progress: Progress) -> str:
    """One line: how far, how fast, how long still, and the losses."""
    if progress.message:
        return progress.message
    left = timedelta(seconds=round(progress.seconds_left))
    values = " ".join(
        f"{name} {progress.values[name]:.3f}" for name in ("total", "score", "giou", "l1", "quality", "iou")
    )
    share = progress.step / progress.total
    speed = f"{progress.clips_per_second:.1f} clips/s {left} left"
    return f"{share:6.1%} step {progress.step}/{progress.total} {speed} {values}"


def _silent(text: str) -> None:
    """What the other processes say."""
