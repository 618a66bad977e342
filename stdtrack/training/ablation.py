"""What the paper claims, tested at small scale: every row trained for the same short budget and seeds."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evalkit.errors import InputError
from evalkit.running.pool import WorkerPool
from stdtrack.ablation import run_folder
from stdtrack.configs import FULL, ablations
from stdtrack.training.config import StageConfig, TrainConfig, network_of
from stdtrack.training.loop import Listener, TrainingProgress
from stdtrack.training.metrics_file import METRICS, validated_scenes
from stdtrack.training.run import run_training

SPARSE = "sparse sampling"


@dataclass(frozen=True)
class Outcome:
    """One row: validation after the last step.

    Attributes:
        name: of the row.
        runs: the AUC of every left-out scene, a mapping a seed.
    """

    name: str
    runs: tuple[Mapping[str, float], ...]

    @property
    def auc(self) -> tuple[float, ...]:
        """Mean over scenes, one value a seed."""
        return tuple(float(np.mean(list(scenes.values()))) for scenes in self.runs)

    @property
    def scenes(self) -> Mapping[str, float]:
        """Mean over seeds, one value a scene."""
        return {scene: float(np.mean([scenes[scene] for scenes in self.runs])) for scene in self.runs[0]}

    @property
    def mean(self) -> float:
        """Mean over seeds."""
        return float(np.mean(self.auc))

    @property
    def spread(self) -> float:
        """Sample standard deviation over seeds; NaN for one seed, of which no spread is known."""
        return float(np.std(self.auc, ddof=1)) if len(self.auc) > 1 else float("nan")


def row_names(config: TrainConfig) -> tuple[str, ...]:
    """The rows: the full method, each part left out, and sparse sampling; raises InputError for an unknown variant."""
    return (*ablations(network_of(dataclasses.replace(config, without=""))), SPARSE)


def row_config(config: TrainConfig, row: str, seed: int) -> TrainConfig:
    """The run of one row and seed, in a folder of its own.

    Sparse sampling trains on pairs (one template, one search frame) and as many search frames a step as dense clips
    have, so that both see the same number of frames.
    """
    config = dataclasses.replace(config, seed=seed, out=str(run_folder(Path(config.out), row, seed)))
    if row != SPARSE:
        return dataclasses.replace(config, without="" if row == FULL else row)
    stages = tuple(_as_pairs(stage) for stage in config.stages)
    return dataclasses.replace(config, stages=stages, clips=dataclasses.replace(config.clips, sampling="sparse"))


def _as_pairs(stage: StageConfig) -> StageConfig:
    return dataclasses.replace(stage, frames=1, batch=stage.batch * stage.frames, predicted=0.0)


def run_ablation(
    config: TrainConfig, rows: Sequence[str], seeds: Sequence[int], tell: Listener, *, jobs: int = 1
) -> Iterator[Outcome]:
    """Train and validate every row with every seed; each outcome as soon as it is known.

    A run that has been finished before is not repeated, one that was stopped goes on. The weights after the last step
    count, not the best on the way: picking would favour rows that vary more.

    Args:
        tell: hears of every run, and of the progress within it when there is one job.
        jobs: runs at a time, each in a process of its own.
    """
    if not config.validation.names:
        raise InputError("an ablation is judged by left-out sequences", hint="name some in [validation]")
    runs = [[row_config(config, row, seed) for seed in seeds] for row in rows]
    if jobs == 1:
        for row, configs in zip(rows, runs, strict=True):
            yield Outcome(row, tuple(train_and_judge(run, tell) for run in configs))
        return
    pool = WorkerPool(jobs, threads=None)
    try:
        futures = [[pool.submit(train_and_judge, run, _unheard) for run in configs] for configs in runs]
        for row, of_row in zip(rows, futures, strict=True):
            yield Outcome(row, tuple(future.result() for future in of_row))
            tell(f"{row}: done")
    finally:
        pool.abort()


def train_and_judge(run: TrainConfig, tell: Listener) -> Mapping[str, float]:
    """The validation AUC of one run's last weights, scene by scene, as the run itself measured it at its end."""
    tell(f"{run.out}: trains")
    run_training(run, resume=True, tell=tell)
    return validated_scenes(Path(run.out) / METRICS, run.total_steps)


def _unheard(event: TrainingProgress | str) -> None:
    """Progress within one of several jobs: the run's own metrics.csv has it."""
