"""Batches of clips: seeded clip by clip, so that a run goes on exactly where it stopped, on any number of workers."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from evalkit.running.lifeline import end_with_parent
from stdtrack.training.clips import Clip, Geometry, make_clip
from stdtrack.training.config import StageConfig, TrainConfig
from stdtrack.training.frame_sampling import without_target
from stdtrack.training.lessons import Lesson, School
from stdtrack.training.losses import Lessons
from stdtrack.training.sources import Mixture, made_of_readable
from stdtrack.training.teachers import Look

TENSORS = ("templates", "searches", "boxes", "visible")
LESSON = ("boxes", "scores", "taught")


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
        lessons: what teachers say of it; None without them.
    """

    templates: Tensor
    searches: Tensor
    boxes: Tensor
    visible: Tensor
    skipped: tuple[str, ...]
    lessons: Lessons | None = None

    def pin_memory(self) -> Batch:
        """The batch in page-locked memory, for asynchronous copies to a GPU."""
        pinned = {name: getattr(self, name).pin_memory() for name in TENSORS}
        lessons = None if self.lessons is None else self.lessons.pinned()
        return Batch(**pinned, skipped=self.skipped, lessons=lessons)


@dataclass(frozen=True)
class Item:
    """A clip, the images that could not be read before it could be made, and what teachers say of it."""

    clip: Clip
    skipped: tuple[str, ...]
    lesson: Lesson | None


class ClipDataset(Dataset[Item]):
    """Makes the clip of a request; the same request always gives the same clip.

    Args:
        grid: cells along a side of the score map, for which teachers are asked.
    """

    def __init__(self, sources: Mixture, config: TrainConfig, geometry: Geometry, grid: int = 0) -> None:
        self.sources, self.config, self.geometry, self.grid = sources, config, geometry, grid
        self.school = School(config) if config.teachers else None

    def __getitem__(self, request: Request) -> Item:
        """The clip of a request."""
        rng = np.random.default_rng((self.config.seed, request.index))
        clip, skipped = made_of_readable(lambda: self._make(request, rng))
        return Item(clip, skipped, self._lesson(clip, request, rng))

    def _lesson(self, clip: Clip, request: Request, rng: np.random.Generator) -> Lesson | None:
        """What the teachers say; nothing of crops in which the windows have still to move."""
        if self.school is None or request.margin > 1:
            return None
        if rng.random() >= self.config.distillation.share:
            return Lesson.none(request.frames, self.grid)
        look = Look(clip.templates[0], clip.template_boxes[0], clip.searches, self.geometry.search_factor, self.grid)
        return self.school.teach(look, clip.boxes, clip.visible)

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


def collate(items: list[Item]) -> Batch:
    """Stack clips into tensors."""
    lessons = [item.lesson for item in items if item.lesson is not None]
    return Batch(
        **_stacked([item.clip for item in items], TENSORS),
        skipped=tuple(name for item in items for name in item.skipped),
        lessons=Lessons(**_stacked(lessons, LESSON)) if lessons else None,
    )


def _stacked(items: Sequence[object], names: Iterable[str]) -> dict[str, Tensor]:
    return {name: torch.from_numpy(np.stack([getattr(item, name) for item in items])) for name in names}


def single_thread() -> None:
    """OpenCV's own threads off: workers are the parallelism."""
    cv2.setNumThreads(0)


def _begin_worker(worker: int, *, trainer: int) -> None:
    single_thread()
    end_with_parent(trainer)


def make_loader(dataset: ClipDataset, sampler: StepSampler, workers: int, pin: bool) -> Iterable[Batch]:
    """Batches in the sampler's order."""
    items: Dataset[Any] = dataset  # collating makes Batches of its items, which DataLoader's type cannot say
    return DataLoader(
        items,
        batch_sampler=sampler,
        num_workers=workers,
        collate_fn=collate,
        worker_init_fn=partial(_begin_worker, trainer=os.getpid()),
        prefetch_factor=4 if workers else None,
        pin_memory=pin,
        generator=torch.Generator(),  # its own: starting a loader must not move the run's generator
    )
