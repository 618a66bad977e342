"""What each part of the network costs, and what it brings where weights exist: the table of ``stdtrack ablate``."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median

import torch

from evalkit.errors import InputError
from evalkit.suggestions import suggestion
from profiling.complexity.count import count
from profiling.latency.clips import Clip
from profiling.latency.worker import mean_overlap
from stdtrack.checkpoints import load_model, shipped_weights, untrained
from stdtrack.configs import FULL, VARIANTS, ModelConfig, ablations
from stdtrack.inference.graphs import StepGraph, unpack
from stdtrack.inference.networks import example_inputs, on_backend
from stdtrack.model import STDTrack
from stdtrack.tracker import STDTracker

WARM_UP = 5


@dataclass(frozen=True)
class AblationRow:
    """One row: the network without one part.

    Attributes:
        name: what is missing, or ``full``.
        parameters, macs: of the folded network, macs of one frame with the template cached.
        milliseconds: median latency of one step; all rows were timed in turns.
        weights: the checkpoint it was built from; None if untrained.
        overlap: mean IoU on the clips given; None without weights or clips.
    """

    name: str
    parameters: int
    macs: int
    milliseconds: float
    weights: Path | None
    overlap: float | None


def ablation_rows(
    variant: str, repeats: int = 50, weights: Path | None = None, clips: Sequence[Clip] = ()
) -> tuple[AblationRow, ...]:
    """Build, count and time every row of a variant's ablation.

    Args:
        repeats: timed steps a row, the rows in a random order in each round.
        weights: a folder with ``<row>.safetensors`` (spaces as hyphens) for some of the rows, or what
            ``stdtrack ablate --train`` wrote, of which the first seed counts; the full network takes the shipped
            weights if there are none.
        clips: what rows with weights are tried on.

    Raises:
        InputError: unknown variant, or a checkpoint that does not fit its row.
    """
    if variant not in VARIANTS:
        raise InputError(f"unknown variant '{variant}'", hint=suggestion(variant, VARIANTS))
    configs = ablations(VARIANTS[variant])
    files = {name: _checkpoint(weights, name) for name in configs}
    files[FULL] = files[FULL] or shipped_weights(variant)
    models = {name: _build(config, files[name]) for name, config in configs.items()}
    seconds = _timed(models, repeats)
    rows = []
    for name, model in models.items():
        _, step = example_inputs(model)
        cost = count(StepGraph(model), step)
        overlap = mean_overlap(STDTracker(model), clips) if clips and files[name] else None
        milliseconds = 1000.0 * median(seconds[name])
        rows.append(AblationRow(name, cost.parameters, cost.macs, milliseconds, files[name], overlap))
    return tuple(rows)


def file_name(row: str) -> str:
    """A row's name in those of files and folders.

    >>> file_name("no STM")
    'no-STM'
    """
    return row.replace(" ", "-")


def run_folder(folder: Path, row: str, seed: int) -> Path:
    """Where the run of a row and seed lies."""
    return folder / f"{file_name(row)}-{seed}"


def _checkpoint(folder: Path | None, row: str) -> Path | None:
    if folder is None:
        return None
    if not folder.is_dir():
        raise InputError("no such folder of weights", path=folder)
    paths = (folder / f"{file_name(row)}.safetensors", run_folder(folder, row, 1) / "last.safetensors")
    return next((path for path in paths if path.is_file()), None)


def _build(config: ModelConfig, path: Path | None) -> STDTrack:
    model = untrained(config) if path is None else load_model(path, config)
    folded: STDTrack = model.fold().to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # stub lacks it
    return folded


@torch.inference_mode()
def _timed(models: Mapping[str, STDTrack], repeats: int) -> Mapping[str, Sequence[float]]:
    """Seconds of ``repeats`` steps of each model, in rounds of random order, so that drift meets all alike."""
    order, random = list(models), Random(0)
    inputs = {name: example_inputs(model)[1] for name, model in models.items()}
    networks = {name: on_backend(model, "eager") for name, model in models.items()}
    seconds: dict[str, list[float]] = {name: [] for name in models}
    for repeat in range(WARM_UP + repeats):
        random.shuffle(order)
        for name in order:
            search, *state = inputs[name]
            start = time.perf_counter()
            networks[name].step(unpack(tuple(state)), search)
            if repeat >= WARM_UP:
                seconds[name].append(time.perf_counter() - start)
    return seconds
