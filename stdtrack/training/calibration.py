"""The calibration of the self-assessment: fitted on tracks over the clips of training, judged on those left out of it.

Every frame after the first is a row: the running mean of its cues, and its IoU, 0 where no target is to be seen. The
target is lost where the IoU is below 0.1. Scenes weigh the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from evalkit.boxes import iou_continuous
from evalkit.errors import InputError
from evalkit.scoring.quality.ranking import auroc
from evalkit.scoring.quality.results import LOST
from evalkit.types import Flags, Vector
from stdtrack.assessment import Calibration, Limits
from stdtrack.cues import Cues
from stdtrack.model import STDTrack
from stdtrack.tracker import STDTracker
from stdtrack.training.annotated_video import Footage
from stdtrack.training.lost_clips import made_clips
from stdtrack.training.validation import Validation, parts_of, span

PENALTY = 0.1
"""Of the squared weights of standardised cues, beside the mean loss."""
SHARES = Limits(0.80, 0.93, 0.97)
"""Of the left-out frames that are not lost, those whose probability of being lost is below each limit of the status: on
clips that it was trained on, a network is surer."""
STEPS = 50
SEED = 1000
"""Of the made clips; what is measured on others uses seeds below it."""
_NOTHING = Cues(*[0.0] * len(Cues._fields))
_NEUTRAL = Calibration(0.0, _NOTHING, _NOTHING, 1.0, Limits(1.0, 1.0, 1.0))


@dataclass(frozen=True)
class Rows:
    """Frames of many tracks.

    Attributes:
        cues: (N, C) running means.
        overlap: (N,) IoU.
        scene: (N,) of the clip.
        made: (N,) the clip's target was cut and pasted.
    """

    cues: NDArray[np.float64]
    overlap: Vector
    scene: NDArray[np.str_]
    made: Flags

    @property
    def lost(self) -> Flags:
        """(N,) the target was lost."""
        return self.overlap < LOST


def calibrate(model: STDTrack, trained: Sequence[Footage], left_out: Validation) -> Calibration:
    """Track the clips of training and clips made from them, and fit the model; then track those left out of training.

    The limits, and what its ``data`` say of how well it tells lost frames, are of the latter.

    Raises:
        InputError: the target was never lost, or always.
    """
    rows = collect(model, Validation(trained, left_out.frames))
    judged = collect(model, left_out)
    if any(each.lost.all() or not each.lost.any() for each in (rows, judged)):
        raise InputError("the target was never lost on these clips, or in every frame", hint="name more clips")
    calibration = fit(rows)
    lost = chances(calibration, judged.cues)
    limits = Limits._make(np.quantile(lost[~judged.lost], SHARES).tolist())
    return replace(calibration, limits=limits, data=_facts(rows, judged, lost))


def collect(model: STDTrack, validation: Validation) -> Rows:
    """The frames of all tracks."""
    parts = [part for clip in validation.sequences for part in parts_of(clip, validation.starts, validation.backwards)]
    tracker = STDTracker(model, calibration=_NEUTRAL)
    real = [_tracked(tracker, part, validation.frames, made=False) for part in parts]
    made = [_tracked(tracker, clip, 0, made=True) for clip in made_clips(validation.sequences, SEED)]
    return joined([*real, *made])


def joined(rows: Sequence[Rows]) -> Rows:
    """The frames of several."""
    return Rows(
        *(np.concatenate([getattr(each, name) for each in rows]) for name in ("cues", "overlap", "scene", "made"))
    )


def _tracked(tracker: STDTracker, footage: Footage, frames: int, *, made: bool) -> Rows:
    """One track, of at most ``frames`` frames if it is not 0, from the first frame with the target."""
    part = span(footage, frames)
    first, last = part.start, part.stop
    tracker.init(footage.frames.read(first), footage.boxes[first])
    cues, boxes = [], []
    for index in range(first + 1, last):
        boxes.append(tracker.update(footage.frames.read(index)).box)
        assert tracker.assessment is not None
        cues.append(tracker.assessment.cues)
    overlap = iou_continuous(np.array(boxes).reshape(-1, 4), footage.boxes[first + 1 : last])
    overlap = np.where(footage.visible[first + 1 : last], overlap, 0.0)
    count = len(overlap)
    scene = np.full(count, footage.scene or footage.name)
    return Rows(np.array(cues, dtype=np.float64).reshape(count, -1), overlap, scene, np.full(count, made))


def fit(rows: Rows) -> Calibration:
    """Logistic regression by Newton's method, on standardised cues, a little penalised.

    A cue that never changes has weight 0.
    """
    means, scales = rows.cues.mean(axis=0), rows.cues.std(axis=0)
    usable = scales > 1e-9
    scales = np.where(usable, scales, 1.0)
    inputs = np.column_stack([(rows.cues - means) / scales * usable, np.ones(len(rows.cues))])
    weights = scene_weights(rows.scene)
    solution = _logistic(inputs, rows.lost.astype(np.float64), weights)
    cues = np.where(usable, solution[:-1] / scales, 0.0)
    overlap = float(np.average(rows.overlap, weights=weights * ~rows.lost))
    return Calibration(
        float(solution[-1]), Cues._make(means.tolist()), Cues._make(cues.tolist()), overlap, _NEUTRAL.limits
    )


def _logistic(inputs: NDArray[np.float64], truth: Vector, weights: Vector) -> Vector:
    """(C,) minimises the weighted mean of the log loss and the penalty of all but the last coefficient."""
    penalty = np.full(inputs.shape[1], PENALTY)
    penalty[-1] = 0.0
    solution = np.zeros(inputs.shape[1])
    for _ in range(STEPS):
        chance = 1.0 / (1.0 + np.exp(-np.clip(inputs @ solution, -30.0, 30.0)))
        slope = inputs.T @ (weights * (chance - truth)) + penalty * solution
        bend = (inputs * (weights * np.maximum(chance * (1.0 - chance), 1e-9))[:, None]).T @ inputs + np.diag(penalty)
        step = np.linalg.solve(bend, slope)
        solution -= step
        if np.abs(step).max() < 1e-9:
            break
    return solution


def scene_weights(scene: NDArray[np.str_]) -> Vector:
    """(N,) weights of the frames, which sum to 1, and to the same for every scene.

    >>> scene_weights(np.array(["a", "b", "b"])).tolist()
    [0.5, 0.25, 0.25]
    """
    _, index, counts = np.unique(scene, return_inverse=True, return_counts=True)
    weights: Vector = 1.0 / (len(counts) * counts[index])
    return weights


def chances(calibration: Calibration, cues: Iterable[Iterable[float]]) -> Vector:
    """(N,) probabilities of being lost."""
    return np.array([calibration.lost(Cues._make(row)) for row in cues])


def _facts(rows: Rows, left_out: Rows, lost: Vector) -> dict[str, str]:
    facts = {
        "frames": str(len(rows.lost)),
        "scenes": str(len(np.unique(rows.scene))),
        "lost": f"{rows.lost.mean():.3f}",
        "left-out clips": ", ".join(dict.fromkeys(left_out.scene.tolist())),
    }
    everything = np.ones(len(lost), dtype=bool)
    for name, chosen in (("all", everything), ("real clips", ~left_out.made), ("made clips", left_out.made)):
        for sign, values in (("assessment", lost), ("quality alone", -left_out.cues[:, 0])):
            area = auroc(left_out.lost[chosen], values[chosen])
            facts[f"AUROC of lost, left out, {name}, {sign}"] = "none" if area is None else f"{area:.3f}"
    return facts
