"""Accuracy, robustness and expected average overlap (EAO) of supervised runs, by two toolkits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from evalkit.scoring.vot.overlap import pysot_overlaps, toolkit_overlaps
from evalkit.scoring.vot.trajectory import FAILURE, INIT, UNKNOWN, Trajectory
from evalkit.types import Vector

BURN_IN = 10
SENSITIVITY = 30
SKIP = 5
# First and last length of the interval that EAO is averaged over, by benchmark (vot/stack/*.yaml).
WINDOWS = {
    "vot2015": (108, 371),
    "vot2016": (108, 371),
    "vot2017": (100, 356),
    "vot2018": (100, 356),
    "vot2019": (46, 291),
}


@dataclass(frozen=True)
class SupervisedRun:
    """One sequence: its ground truth, every repetition of the tracker on it, and (width, height) of the image."""

    sequence: str
    truth: Trajectory
    repetitions: tuple[Trajectory, ...]
    size: tuple[int, int] | None


@dataclass(frozen=True)
class Supervised:
    """Figures of one tracker.

    Attributes:
        robustness: vot-toolkit: failures a sequence, weighted by length; pysot: failures in 100 frames.
        failures: all failures, averaged over the repetitions.
        curve: (L,) expected average overlap by length.
        sequence_accuracy, sequence_failures: (S,) by sequence, in the order given.
    """

    accuracy: float
    robustness: float
    failures: float
    curve: Vector
    sequence_accuracy: Vector
    sequence_failures: Vector


def by_toolkit(runs: Sequence[SupervisedRun]) -> Supervised:
    """vot-toolkit's ``AverageAccuracyRobustness`` and ``EAOCurve`` (``vot/analysis/supervised.py``)."""
    accuracy, failures, fragments = [], [], []
    for run in runs:
        overlaps = [toolkit_overlaps(repetition, run.truth, run.size) for repetition in run.repetitions]
        pairs = list(zip(run.repetitions, overlaps, strict=True))
        accuracy.append(float(np.mean([_mean_after_burn_in(*pair) for pair in pairs])))
        failures.append(float(np.mean([(repetition.codes == FAILURE).sum() for repetition in run.repetitions])))
        fragments += [fragment for pair in pairs for fragment in _toolkit_fragments(*pair)]
    lengths = np.array([len(run.truth) for run in runs], dtype=np.float64)
    return Supervised(
        accuracy=float(np.average(accuracy, weights=lengths)),
        robustness=float(np.average(failures, weights=lengths)),
        failures=float(np.sum(failures)),
        curve=_toolkit_curve(fragments),
        sequence_accuracy=np.array(accuracy),
        sequence_failures=np.array(failures),
    )


def ar_point(measured: Supervised, average_length: float) -> tuple[float, float]:
    """vot-toolkit's point in the AR plot: (chance to track :data:`SENSITIVITY` frames without a failure, accuracy)."""
    return float(np.exp(-SENSITIVITY * measured.robustness / average_length)), measured.accuracy


def by_pysot(runs: Sequence[SupervisedRun]) -> Supervised:
    """pysot's ``AccuracyRobustnessBenchmark`` and ``EAOBenchmark`` (``toolkit/evaluation``)."""
    means, failures = [], []
    fragments: list[tuple[Vector, bool, float]] = []
    for run in runs:
        bounds = run.size
        inner = None if bounds is None else (bounds[0] - 1, bounds[1] - 1)
        burnt = [_burnt_in(repetition, pysot_overlaps(repetition, run.truth, bounds)) for repetition in run.repetitions]
        means.append(_nanmean(np.stack(burnt)))
        failures.append([int((repetition.codes == FAILURE).sum()) for repetition in run.repetitions])
        for repetition in run.repetitions:
            fragments += _pysot_fragments(repetition, pysot_overlaps(repetition, run.truth, inner))
    pooled = np.concatenate(means)
    lost = np.array([np.mean(counts) for counts in failures])
    return Supervised(
        accuracy=float(np.nanmean(pooled)) if np.isfinite(pooled).any() else float("nan"),
        robustness=float(lost.sum() / len(pooled) * 100),
        failures=float(lost.sum()),
        curve=_pysot_curve(fragments, max(len(run.truth) for run in runs)),
        sequence_accuracy=np.array([np.nanmean(mean) if np.isfinite(mean).any() else np.nan for mean in means]),
        sequence_failures=lost,
    )


def eao_by_toolkit(curve: Vector, window: tuple[int, int]) -> float:
    """Mean of the curve over lengths low to high; NaN if no fragment is as long as the lower bound."""
    part = curve[window[0] : window[1] + 1]
    return float(part.mean()) if len(part) else float("nan")


def eao_by_pysot(curve: Vector, window: tuple[int, int]) -> float:
    """Mean of the curve over lengths low - 1 to high - 1 where it is defined."""
    part = curve[window[0] - 1 : window[1]]
    return float(np.nanmean(part)) if np.isfinite(part).any() else float("nan")


def _mean_after_burn_in(trajectory: Trajectory, overlaps: Vector) -> float:
    """Mean overlap without codes and the frames after each initialisation; 0 if nothing is left."""
    used = ~np.isin(trajectory.codes, (UNKNOWN, FAILURE)) & ~_after_init(trajectory)
    return float(overlaps[used].mean()) if used.any() else 0.0


def _after_init(trajectory: Trajectory) -> NDArray[np.bool_]:
    recent = np.zeros(len(trajectory), dtype=bool)
    for start in np.flatnonzero(trajectory.codes == INIT):
        recent[start : start + BURN_IN] = True
    return recent


def _toolkit_fragments(trajectory: Trajectory, overlaps: Vector) -> list[tuple[Vector, bool]]:
    """(overlaps from an initialisation on, it reached the sequence's end) of each start."""
    ends = np.flatnonzero(trajectory.codes == FAILURE)
    starts = np.flatnonzero(trajectory.codes == INIT)
    if not len(ends):
        return [(overlaps, True)]
    fragments = [(overlaps[start:end], False) for start, end in zip(starts, ends, strict=False)]
    return [*fragments, (overlaps[starts[-1] :], True)] if len(starts) > len(ends) else fragments


def _toolkit_curve(fragments: list[tuple[Vector, bool]]) -> Vector:
    """(L,) at length j: mean over fragments of the mean overlap of frames 1..j; a failed one goes on with zeros."""
    longest = max(len(overlaps) for overlaps, _ in fragments)
    padded, counted = np.zeros((2, len(fragments), longest))
    for row, (overlaps, reached_end) in enumerate(fragments):
        padded[row, : len(overlaps)] = overlaps
        counted[row, : len(overlaps) if reached_end else longest] = 1.0
    means = padded.copy()
    means[:, 1:] = padded[:, 1:].cumsum(axis=1) / np.arange(1, longest)
    curve: Vector = (means * counted).sum(axis=0) / counted.sum(axis=0)
    return curve


def _burnt_in(trajectory: Trajectory, overlaps: Vector) -> Vector:
    return np.where(_after_init(trajectory), np.nan, overlaps)


def _nanmean(values: NDArray[np.float64]) -> Vector:
    """(N,) mean over repetitions where any has a value."""
    some = np.isfinite(values).any(axis=0)
    mean = np.full(values.shape[1], np.nan)
    mean[some] = np.nanmean(values[:, some], axis=0)
    return mean


def _pysot_fragments(trajectory: Trajectory, overlaps: Vector) -> list[tuple[Vector, bool, float]]:
    """(overlaps, it ended in a failure, weight); a new fragment begins five frames after a failure."""
    length = len(overlaps)
    failures = np.flatnonzero(trajectory.codes == FAILURE)
    if not len(failures):
        return [(overlaps, False, 1.0)]
    points = [0, *(int(failure) + SKIP for failure in failures if failure + SKIP <= length)]
    fragments = []
    for start, stop in pairwise(points):
        part = overlaps[start : stop + 1]
        fragments.append((np.nan_to_num(part), True, len(part) / (stop - start + 1)))
    last = np.nan_to_num(overlaps[points[-1] :])
    return [*fragments, (last, False, len(last) / (length - points[-1] + 1e-16))]


def _pysot_curve(fragments: list[tuple[Vector, bool, float]], longest: int) -> Vector:
    padded = np.full((len(fragments), longest), np.nan)
    weights = np.array([weight for _, _, weight in fragments])[:, None]
    for row, (overlaps, failed, _) in enumerate(fragments):
        padded[row, :] = 0.0 if failed else np.nan
        padded[row, : len(overlaps)] = overlaps
    counted = np.isfinite(padded[:, 1:])
    means = np.nan_to_num(padded[:, 1:]).cumsum(axis=1) / np.arange(1, longest)
    total = (counted * weights).sum(axis=0)
    curve = np.zeros(longest)  # where no fragment goes on, pysot's curve stays 0
    curve[0] = 1.0
    alive = counted.any(axis=0)
    curve[1:][alive] = (means * counted * weights).sum(axis=0)[alive] / total[alive]
    return curve
