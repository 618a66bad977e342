"""Verdicts on paired values: better, same, worse, not comparable."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from evalkit.errors import InputError
from evalkit.regression.paired_bound import MeanBounds, mean_bounds
from evalkit.types import Vector


class Verdict(StrEnum):
    """What a comparison comes to."""

    BETTER = "better"
    SAME = "same"
    WORSE = "worse"
    NOT_COMPARABLE = "not comparable"


@dataclass(frozen=True)
class Limits:
    """When a change counts.

    Attributes:
        max_drop: a mean drop up to this is tolerated, however certain; a fraction, 0.005 = half a point.
        confidence: of the one-sided bound that a drop must also pass.
        max_slowdown: the same for speed: a tolerated loss of the ratio to the reference tracker, as a fraction.
    """

    max_drop: float = 0.005
    confidence: float = 0.95
    max_slowdown: float = 0.15

    def __post_init__(self) -> None:
        """Refuse what is no limit, NaN included: it would let everything pass.

        Raises:
            InputError: naming the value.
        """
        if not 0 <= self.max_drop <= 1:
            raise InputError(f"the tolerated drop must be within 0 and 1, not {self.max_drop}")
        if not 0.5 <= self.confidence < 1:
            raise InputError(f"the confidence must be at least 0.5 and below 1, not {self.confidence}")
        if not 0 <= self.max_slowdown < 1:
            raise InputError(f"the tolerated slowdown must be at least 0 and below 1, not {self.max_slowdown}")


@dataclass(frozen=True)
class SequenceChange:
    """One sequence before and after."""

    sequence: str
    before: float
    after: float

    @property
    def difference(self) -> float:
        """After minus before."""
        return self.after - self.before


@dataclass(frozen=True)
class CurveChange:
    """Where a curve fell most."""

    curve: str
    threshold: float
    before: float
    after: float


UNKNOWN = MeanBounds(np.nan, np.nan, np.nan)


@dataclass(frozen=True)
class Comparison:
    """One tracker on one benchmark, in one metric, now and in the baseline.

    Attributes:
        metric: what is compared: a score, or the speed ratio to a reference tracker.
        reasons: why it cannot be compared; empty otherwise.
        before: mean over sequences in the baseline (speed: geometric mean); NaN if not comparable.
        difference: mean paired difference with its one-sided bounds (speed: relative change).
        changes: the sequences, the greatest loss first.
        identical: how many sequences have bit-identical boxes.
    """

    tracker: str
    benchmark: str
    protocol: str
    metric: str
    verdict: Verdict
    reasons: tuple[str, ...] = ()
    before: float = np.nan
    after: float = np.nan
    difference: MeanBounds = UNKNOWN
    changes: tuple[SequenceChange, ...] = ()
    curves: tuple[CurveChange, ...] = ()
    identical: int = 0


def decide(differences: Vector, max_drop: float, confidence: float) -> tuple[Verdict, MeanBounds]:
    """Judge paired differences (N,), after minus before; N of at least one.

    Worse is a mean drop above ``max_drop`` whose one-sided upper bound lies below zero, so neither a certain trifle
    nor a large accident raises the alarm; better is its mirror image. One sequence has no bound: it is never worse.

    >>> decide(np.array([-0.03, -0.02, -0.04, -0.03]), 0.005, 0.95)[0].value
    'worse'
    """
    bounds = mean_bounds(differences, confidence)
    if bounds.mean < -max_drop and bounds.upper < 0:
        return Verdict.WORSE, bounds
    if bounds.mean > max_drop and bounds.lower > 0:
        return Verdict.BETTER, bounds
    return Verdict.SAME, bounds
