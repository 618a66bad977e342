"""What the paper claims, tested at small scale: every row trained for the same short budget and seeds."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evalkit.errors import InputError
from stdtrack.checkpoints import load_model
from stdtrack.configs import FULL, VARIANTS, ablations
from stdtrack.training.config import StageConfig, TrainConfig
from stdtrack.training.loop import Listener
from stdtrack.training.run import run_training
from stdtrack.training.validation import build_validation

SPARSE = "sparse sampling"


@dataclass(frozen=True)
class Outcome:
    """One row: validation AUC after the last step, one value a seed."""

    name: str
    auc: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean over seeds."""
        return float(np.mean(self.auc))

    @property
    def spread(self) -> float:
        """Sample standard deviation over seeds; NaN for one seed, of which no spread is known."""
        return float(np.std(self.auc, ddof=1)) if len(self.auc) > 1 else float("nan")


def row_names(variant: str) -> tuple[str, ...]:
    """The rows: the full method, each part left out, and sparse sampling."""
    return (*ablations(VARIANTS[variant]), SPARSE)


def row_config(config: TrainConfig, row: str, seed: int) -> TrainConfig:
    """The run of one row and seed, in a folder of its own.

    Sparse sampling trains on pairs (one template, one search frame) and as many search frames a step as dense clips
    have, so that both see the same number of frames.
    """
    config = dataclasses.replace(config, seed=seed, out=str(Path(config.out) / f"{row.replace(' ', '-')}-{seed}"))
    if row != SPARSE:
        return dataclasses.replace(config, without="" if row == FULL else row)
    stages = tuple(_as_pairs(stage) for stage in config.stages)
    return dataclasses.replace(config, stages=stages, clips=dataclasses.replace(config.clips, sampling="sparse"))


def _as_pairs(stage: StageConfig) -> StageConfig:
    return dataclasses.replace(stage, frames=1, batch=stage.batch * stage.frames, predicted=0.0)


def run_ablation(config: TrainConfig, rows: Sequence[str], seeds: Sequence[int], tell: Listener) -> Iterator[Outcome]:
    """Train and validate every row with every seed; each outcome as soon as it is known.

    A run that has been finished before is not repeated, one that was stopped goes on. The weights after the last step
    count, not the best on the way: picking would favour rows that vary more.
    """
    if not config.validation.names:
        raise InputError("an ablation is judged by left-out sequences", hint="name some in [validation]")
    for row in rows:
        scores = []
        for seed in seeds:
            run = row_config(config, row, seed)
            tell(f"{row}, seed {seed}: {run.out}")
            run_training(run, resume=True, tell=tell)
            scores.append(build_validation(run).run(load_model(Path(run.out) / "last.safetensors")).auc)
        yield Outcome(row, tuple(scores))
