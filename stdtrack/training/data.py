"""Batches of clips: seeded clip by clip, so that a run goes on exactly where it stopped, on any number of workers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from stdtrack.training.clips import Clip, Geometry, make_clip
from stdtrack.training.config import StageConfig, TrainConfig
from stdtrack.training.retry import made_of_readable
from stdtrack.training.shots import without_target
from stdtrack.training.sources import Mixture

TENSORS = ("templates", "searches", "boxes", "visible")


@dataclass(frozen=True)
class Request:
    """One clip to make: its number in the whole run, T, and the enlargement of its search crops."""

    index: int
    frames: int
    margin: float


@dataclass(frozen=True)
class Batch:
    """B clips.

    Attributes:
        templates: (B, K, Ht, Ht, 3) uint8 RGB.
        searches: (B, T, Hs, Hs, 3) uint8 RGB.
        boxes: (B, T, 4) float32 centre x, y, width, height in units of the search crop.
        visible: (B, T) bool.
        skipped: names of images that could not be read on the way.
    """

    templates: Tensor
    searches: Tensor
    boxes: Tensor
    visible: Tensor
    skipped: tuple[str, ...]

    def pin_memory(self) -> Batch:
        """The batch in page-locked memory, for asynchronous copies to a GPU."""
        pinned = {name: getattr(self, name).pin_memory() for name in TENSORS}
        return Batch(**pinned, skipped=self.skipped)


class ClipDataset(Dataset[tuple[Clip, tuple[str, ...]]]):
    """Makes the clip of a request; the same request always gives the same clip."""

    def __init__(self, sources: Mixture, config: TrainConfig, geometry: Geometry) -> None:
        self.sources, self.config, self.geometry = sources, config, geometry

    def __getitem__(self, request: Request) -> tuple[Clip, tuple[str, ...]]:
        """The clip, and the images that could not be read before one could be made."""
        rng = np.random.default_rng((self.config.seed, request.index))
        return made_of_readable(lambda: self._make(request, rng))

    def _make(self, request: Request, rng: np.random.Generator) -> Clip:
        """One attempt; raises InputError on an unreadable image."""
        geometry = Geometry(**{**vars(self.geometry), "margin": request.margin})
        shots = self.sources.draw(request.frames, rng)
        negative = rng.random() < self.config.clips.negatives
        other = self.sources.draw(request.frames if negative else 1, rng)
        shots = without_target(shots, other) if negative else shots
        return make_clip(shots, other, geometry, self.config.clips, self.config.augment, rng)


class StepSampler(Sampler[list[Request]]):
    """The requests of each step from ``start`` on, of one process out of ``world``."""

    def __init__(self, config: TrainConfig, start: int, rank: int, world: int, margin: float) -> None:
        self.config, self.start, self.rank, self.world, self.margin = config, start, rank, world, margin

    def __len__(self) -> int:
        return self.config.total_steps - self.start

    def __iter__(self) -> Iterator[list[Request]]:
        clip, step = 0, 0
        for stage in self.config.stages:
            margin = self.margin if stage.predicted > 0 else 1.0
            for _ in range(stage.steps):
                if step >= self.start:
                    mine = range(clip + self.rank, clip + stage.batch, self.world)
                    yield [Request(index, stage.frames, margin) for index in mine]
                clip += stage.batch
                step += 1


def stage_at(config: TrainConfig, step: int) -> tuple[StageConfig, int]:
    """The stage that a step (0-based) belongs to, and the step's number within it; the last one beyond the end."""
    for stage in config.stages:
        if step < stage.steps:
            return stage, step
        step -= stage.steps
    return config.stages[-1], config.stages[-1].steps


def collate(items: list[tuple[Clip, tuple[str, ...]]]) -> Batch:
    """Stack clips into tensors."""
    clips = [clip for clip, _ in items]
    stacked = {name: torch.from_numpy(np.stack([getattr(clip, name) for clip in clips])) for name in TENSORS}
    skipped = tuple(name for _, names in items for name in names)
    return Batch(**stacked, skipped=skipped)


def single_thread(worker: int = 0) -> None:
    """OpenCV's own threads off: workers are the parallelism."""
    cv2.setNumThreads(0)


def make_loader(dataset: ClipDataset, sampler: StepSampler, workers: int, pin: bool) -> Iterable[Batch]:
    """Batches in the sampler's order."""
    items: Dataset[Any] = dataset  # collating makes Batches of its items, which DataLoader's type cannot say
    return DataLoader(
        items,
        batch_sampler=sampler,
        num_workers=workers,
        collate_fn=collate,
        worker_init_fn=single_thread,
        prefetch_factor=4 if workers else None,
        pin_memory=pin,
        generator=torch.Generator(),  # its own: starting a loader must not move the run's generator
    )
