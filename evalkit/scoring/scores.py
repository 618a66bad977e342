"""Scores as data: what scoring returns and what tables, reports and regression checks are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalkit.scoring.metrics import METRICS, Experiment


@dataclass(frozen=True)
class Curve:
    """A curve over thresholds: ``success``, ``precision`` or ``normalized_precision``; values are fractions."""

    thresholds: NDArray[np.float64]
    values: NDArray[np.float64]


@dataclass(frozen=True)
class FrameDetail:
    """What a tracker did frame by frame in its first repetition; boxes are 0-based.

    Attributes:
        prediction, truth: (N, 4) boxes as the result and the annotation have them, NaN where there is none.
        absent: (N,) the annotation says that the target is not visible.
        confidence: (N,) the tracker's own score, NaN where it reports none.
        visible: (N,) 1 where the tracker says that it sees the target, 0 where it says that it does not, NaN where it
            does not say.
    """

    prediction: NDArray[np.float64]
    truth: NDArray[np.float64]
    absent: NDArray[np.bool_]
    confidence: NDArray[np.float64]
    visible: NDArray[np.float64]


@dataclass(frozen=True)
class SequenceScore:
    """One tracker on one sequence.

    Attributes:
        frames: the denominator of the curves.
        metrics: fractions by metric name.
        curves: values by curve name, on the thresholds of the benchmark's curve of that name.
        overlaps: (N,) per-frame IoU, NaN where the protocol does not score the frame; empty if they were not kept.
        errors: (N,) per-frame centre error in pixels, likewise.
        detail: the boxes of the same N frames, if they were kept.
    """

    sequence: str
    frames: int
    metrics: Mapping[str, float]
    curves: Mapping[str, NDArray[np.float64]]
    overlaps: NDArray[np.float64]
    errors: NDArray[np.float64]
    detail: FrameDetail | None = None


@dataclass(frozen=True)
class BenchmarkScore:
    """One tracker on one benchmark under one protocol: what ``score --format json`` prints an object of.

    Attributes:
        metrics: fractions in double precision by metric name; None where the protocol has none.
        missing: official sequences that have no result.
        excluded: sequences of the benchmark that the user left out.
        notes: what the user should know of these figures.
        total_verified: the total comes from an official list, not from what was found.
        attribute: the figures are of the sequences with this attribute alone.
        attribute_source: who says which sequences have it.
        remark: belongs beside the tracker's name, such as ``untrained``.
        shortcoming: what the rules need and the annotation lacks, so that the figures are not the protocol's own.
        experiment: how the tracker was run, which says what metrics there are.
    """

    tracker: str
    benchmark: str
    protocol: str
    metrics: Mapping[str, float | None]
    curves: Mapping[str, Curve]
    sequences: tuple[SequenceScore, ...]
    sequences_total: int
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    total_verified: bool = True
    attribute: str | None = None
    remark: str = ""
    shortcoming: str = ""
    attribute_source: str = ""
    excluded: tuple[str, ...] = ()
    experiment: Experiment = "ope"

    @property
    def sequences_scored(self) -> int:
        """How many of the benchmark's sequences the figures stand for."""
        return self.sequences_total - len(self.missing) - len(self.excluded)

    @property
    def complete(self) -> bool:
        """Every official sequence was scored."""
        return self.sequences_scored == self.sequences_total


VISIBLE = 0.5e-4
"""Smaller differences do not show in four decimals."""


def defined_metrics(scores: Iterable[BenchmarkScore]) -> list[str]:
    """The stated metrics that any of the scores has, in the order in which they are printed."""
    found = {name for score in scores for name, value in score.metrics.items() if value is not None}
    return [name for name, metric in METRICS.items() if metric.stated and name in found]


def coverage(score: BenchmarkScore) -> str:
    """How much of the benchmark a figure stands for: ``5 of 100 sequences``; always shown beside partial figures.

    An unverified total is what was found, not what an official list says.
    """
    total = score.sequences_total
    text = f"{total} sequences" if score.complete else f"{score.sequences_scored} of {total} sequences"
    text += f", {len(score.excluded)} excluded" if score.excluded else ""
    return text if score.total_verified else f"{text} (total unverified)"
