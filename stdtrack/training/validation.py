"""Validation by tracking sequences that were left out of training, not by loss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.stats import spearmanr

from evalkit.benchmarks.registry import open_benchmark
from evalkit.boxes import iou_continuous
from evalkit.curves import steps_of_twentieths, success_counts
from evalkit.errors import InputError
from evalkit.trackers.base import Prediction
from evalkit.types import Box, Image, Vector
from stdtrack.model.assembly import STDTrack
from stdtrack.tracker import STDTracker
from stdtrack.training.config import TrainConfig
from stdtrack.training.footage import Footage, load_footage
from stdtrack.training.sources import names_of, root_of


class Tracking(Protocol):
    """What is validated: any tracker."""

    def init(self, image: Image, box: Box) -> None: ...

    def update(self, image: Image) -> Prediction: ...


@dataclass(frozen=True)
class SequenceOutcome:
    """One sequence's outcome on its visible frames after the first: ``iou`` and reported ``score``, each (M,)."""

    name: str
    iou: Vector
    score: Vector

    @property
    def auc(self) -> float:
        """Area under the success curve: mean over the 21 thresholds."""
        return float(success_counts(self.iou, steps_of_twentieths()).mean() / max(len(self.iou), 1))


@dataclass(frozen=True)
class ValidationScore:
    """``auc`` is the mean over sequences; ``spearman`` correlates score and IoU over the frames of all of them."""

    auc: float
    spearman: float
    tracks: tuple[SequenceOutcome, ...]


@dataclass(frozen=True)
class Validation:
    """Left-out sequences, of each at most ``frames`` frames (0: all)."""

    sequences: Sequence[Footage]
    frames: int = 0

    def run(self, model: STDTrack) -> ValidationScore:
        """Track every sequence once, from its first visible frame."""
        return summarise([track_footage(STDTracker(model), footage, self.frames) for footage in self.sequences])


def summarise(tracks: Sequence[SequenceOutcome]) -> ValidationScore:
    """Mean AUC, and the rank correlation of reported score and true IoU (0 where either is constant)."""
    iou, score = np.concatenate([track.iou for track in tracks]), np.concatenate([track.score for track in tracks])
    varies = np.ptp(iou) > 0 and np.ptp(score) > 0
    correlation = float(spearmanr(score, iou).statistic) if varies else 0.0
    return ValidationScore(float(np.mean([track.auc for track in tracks])), correlation, tuple(tracks))


def track_footage(tracker: Tracking, footage: Footage, frames: int) -> SequenceOutcome:
    """Run a tracker over one sequence, one pass; frames without a visible target are tracked but not scored."""
    first = int(np.argmax(footage.visible))
    last = min(len(footage), first + frames) if frames else len(footage)
    tracker.init(footage.frames.read(first), footage.boxes[first])
    predictions = [tracker.update(footage.frames.read(index)) for index in range(first + 1, last)]
    boxes = np.array([prediction.box for prediction in predictions]).reshape(-1, 4)
    scores = np.array([prediction.score for prediction in predictions], dtype=np.float64)
    shown = footage.visible[first + 1 : last]
    overlaps = iou_continuous(boxes[shown], footage.boxes[first + 1 : last][shown])
    return SequenceOutcome(footage.name, overlaps, scores[shown])


def build_validation(config: TrainConfig) -> Validation:
    """Open the left-out sequences, wherever among the video sources they are; raises InputError for an unknown one."""
    wanted = set(config.validation.names)
    found: dict[str, Footage] = {}
    for source in config.sources:
        if source.kind == "video":
            benchmark = open_benchmark(source.benchmark, data=root_of(source, config))
            names = [name for name in names_of(benchmark, source) if name in wanted]
            loaded = load_footage((benchmark.sequence(name) for name in names), cache=source.cache)
            found.update({footage.name: footage for footage in loaded.footage})
    missing = [name for name in config.validation.names if name not in found]
    if missing:
        raise InputError(f"validation sequence '{missing[0]}' is not in any video source, or can't be used")
    return Validation([found[name] for name in config.validation.names], config.validation.frames)
