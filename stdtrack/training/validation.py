"""Validation by tracking sequences that were left out of training, not by loss."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import spearmanr

from evalkit.benchmarks.registry import open_benchmark
from evalkit.boxes import iou_continuous
from evalkit.errors import InputError
from evalkit.scoring.frames import success_counts
from evalkit.scoring.quality.ranking import auroc
from evalkit.scoring.quality.results import LOST
from evalkit.scoring.rules import Grid
from evalkit.trackers.base import Tracker
from evalkit.types import Vector
from stdtrack.model.network import STDTrack
from stdtrack.tracker import STDTracker
from stdtrack.training.annotated_video import Footage, load_footage
from stdtrack.training.config import TrainConfig
from stdtrack.training.sources import listed_names, root_of


@dataclass(frozen=True)
class SequenceOutcome:
    """One track's outcome on its visible frames after the first: ``iou`` and reported ``score``, each (M,)."""

    name: str
    iou: Vector
    score: Vector
    scene: str = ""

    @property
    def auc(self) -> float:
        """Area under the success curve: mean over the 21 thresholds."""
        return float(success_counts(self.iou, Grid.TWENTIETHS.thresholds).mean() / max(len(self.iou), 1))


@dataclass(frozen=True)
class ValidationScore:
    """How well the left-out sequences were tracked.

    Attributes:
        auc: mean over scenes of the mean AUC of a scene's tracks.
        error: the standard error of that mean over scenes; NaN for a single one.
        sr75: mean over scenes of the share of frames whose IoU exceeds 0.75.
        spearman: rank correlation of score and IoU over the frames of all tracks.
        lost_auroc: how well a low score tells frames of IoU below 0.1 from the others, 0.5 by chance; NaN where all are
            of one kind.
        scenes: the mean AUC of each scene's tracks.
        tracks: of all of them.
    """

    auc: float
    error: float
    sr75: float
    spearman: float
    lost_auroc: float
    scenes: Mapping[str, float]
    tracks: tuple[SequenceOutcome, ...]

    def __str__(self) -> str:
        return (
            f"AUC {self.auc:.4f} (standard error over {len(self.scenes)} scenes {self.error:.4f}), "
            f"SR0.75 {self.sr75:.3f}, Spearman(quality, IoU) {self.spearman:.3f}, AUROC of lost {self.lost_auroc:.3f}"
        )


@dataclass(frozen=True)
class Validation:
    """Left-out sequences; each is tracked from several starts.

    Attributes:
        sequences: of one scene or several.
        frames: at most this many frames a track, 0 for all.
        starts, backwards: see :class:`~stdtrack.training.config.ValidationConfig`.
    """

    sequences: Sequence[Footage]
    frames: int = 0
    starts: int = 1
    backwards: bool = False

    def run(self, model: STDTrack) -> ValidationScore:
        """Track with a network."""
        return self.judge(lambda: STDTracker(model))

    def judge(self, make: Callable[[], Tracker]) -> ValidationScore:
        """Track every part of every sequence, each with a new tracker and from its first visible frame.

        Raises:
            InputError: no frame would be scored.
        """
        cuts = (parts_of(footage, self.starts, self.backwards) for footage in self.sequences)
        parts = [part for cut in cuts for part in cut if part.visible[span(part, self.frames)].sum() > 1]
        if not parts:
            raise InputError("no frame of the left-out sequences would be scored", hint="raise validation.frames")
        return summarise([track_footage(make(), part, self.frames) for part in parts])


def parts_of(footage: Footage, starts: int, backwards: bool) -> list[Footage]:
    """The sequence from ``starts`` places spread evenly over it to its end, and the same of the reversed sequence.

    Parts with fewer than two visible frames are left out.
    """
    count = len(footage)
    orders = [np.arange(count), *([np.arange(count)[::-1]] if backwards else [])]
    parts = [footage.part(order[count * start // starts :]) for order in orders for start in range(starts)]
    return [part for part in parts if part.visible.sum() > 1]


def summarise(tracks: Sequence[SequenceOutcome]) -> ValidationScore:
    """Mean AUC over scenes, and the rank correlation of reported score and true IoU (0 where either is constant)."""
    scenes = scene_means(tracks, lambda track: track.auc)
    precise = scene_means(tracks, lambda track: float((track.iou > 0.75).mean()))
    means = np.array(list(scenes.values()))
    spread = float(np.std(means, ddof=1) / np.sqrt(len(means))) if len(means) > 1 else float("nan")
    iou, score = np.concatenate([track.iou for track in tracks]), np.concatenate([track.score for track in tracks])
    varies = np.ptp(iou) > 0 and np.ptp(score) > 0
    correlation = float(spearmanr(score, iou).statistic) if varies else 0.0
    sr75, auroc = float(np.mean(list(precise.values()))), lost_auroc(iou, score)
    return ValidationScore(float(means.mean()), spread, sr75, correlation, auroc, scenes, tuple(tracks))


def scene_means(tracks: Sequence[SequenceOutcome], figure: Callable[[SequenceOutcome], float]) -> Mapping[str, float]:
    """The mean figure of each scene's tracks, in the order in which the scenes first appear."""
    values: dict[str, list[float]] = {}
    for track in tracks:
        values.setdefault(track.scene or track.name, []).append(figure(track))
    return {scene: float(np.mean(group)) for scene, group in values.items()}


def lost_auroc(iou: Vector, score: Vector) -> float:
    """Area under the ROC curve of telling frames of IoU below :data:`LOST` from the others by a low score.

    It is the chance that a lost frame's score is below that of one that is not, a tie counting half.

    >>> lost_auroc(np.array([0.0, 0.05, 0.6, 0.8]), np.array([0.1, 0.7, 0.7, 0.9]))
    0.875
    """
    found = auroc(iou < LOST, -score)
    return float("nan") if found is None else found


def span(footage: Footage, frames: int) -> slice:
    """The frames from the first visible one on, at most ``frames`` of them if that is not 0."""
    first = int(np.argmax(footage.visible))
    return slice(first, min(len(footage), first + frames) if frames else len(footage))


def track_footage(tracker: Tracker, footage: Footage, frames: int) -> SequenceOutcome:
    """Run a tracker over one sequence, one pass; frames without a visible target are tracked but not scored."""
    tracked = span(footage, frames)
    first, last = tracked.start, tracked.stop
    tracker.init(footage.frames.read(first), footage.boxes[first])
    predictions = [tracker.update(footage.frames.read(index)) for index in range(first + 1, last)]
    boxes = np.array([prediction.box for prediction in predictions]).reshape(-1, 4)
    scores = np.array([prediction.score for prediction in predictions], dtype=np.float64)
    shown = footage.visible[first + 1 : last]
    overlaps = iou_continuous(boxes[shown], footage.boxes[first + 1 : last][shown])
    return SequenceOutcome(footage.name, overlaps, scores[shown], footage.scene)


def build_validation(config: TrainConfig) -> Validation:
    """Open the left-out sequences, wherever among the video sources they are, also where a source excludes them.

    Raises InputError for an unknown one.
    """
    wanted = set(config.validation.names)
    found: dict[str, Footage] = {}
    for source in config.sources:
        if source.kind == "video":
            benchmark = open_benchmark(source.benchmark, data=root_of(source, config))
            names = [name for name in listed_names(benchmark, source) if name in wanted]
            sequences = (benchmark.sequence(name) for name in names)
            loaded = load_footage(sequences, cache=source.cache, scenes=source.scenes)
            found.update({footage.name: footage for footage in loaded.footage})
    missing = [name for name in config.validation.names if name not in found]
    if missing:
        raise InputError(f"validation sequence '{missing[0]}' is not in any video source, or can't be used")
    settings = config.validation
    return Validation([found[name] for name in settings.names], settings.frames, settings.starts, settings.backwards)
