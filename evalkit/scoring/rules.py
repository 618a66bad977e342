"""The knobs of the one scoring loop: every value that a rule can take, each with the sentence that explains it.

The sentences are data: the comparison of two protocols prints those of the knobs in which they differ.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import Enum
from typing import Self

import numpy as np

from evalkit.types import Vector


class Length(Enum):
    """k1: a result with more or fewer rows than the ground truth."""

    EXACT = "a result of another length than the ground truth is refused"
    CUT = "extra rows are cut, a short result is refused"
    CUT_OR_PAD = "extra rows are cut, missing rows become 0,0,0,0"
    CUT_BOTH = "result and ground truth are cut to the shorter of the two"
    CUT_OR_NAN = "extra rows are ignored, missing rows fail every threshold"


class Repair(Enum):
    """k2: an invalid predicted row (from the second on) where the ground truth has no NaN."""

    NONE = "invalid predictions stay as they are"
    OTB = "a row that is all NaN or has w <= 0 or h <= 0 repeats the row before it"
    LASOT = "a row with any NaN or with w <= 0 or h <= 0 repeats the row before it"
    PYTRACKING = "NaN or a negative size is refused; a row with w = 0 or h = 0 repeats the row before it"
    REFUSE_NAN = "NaN is refused, because the mean overlap would be NaN"
    ROUND = "all coordinates of both are rounded to integers, half to even"


class FirstRow(Enum):
    """k3: the predicted row of the first frame."""

    TRUTH = "the first predicted row is replaced by the ground truth"
    PREDICTED = "the first row is scored as predicted"
    LEFT_OUT = "the first frame is not scored"


class Absent(Enum):
    """k4: frames in which the target is marked as absent."""

    SCORED = "frames marked as absent are scored like any other"
    DELETED = "frames marked as absent are deleted from the counts"
    INVISIBLE = "frames marked as absent have an invalid ground truth"
    NAN_DELETED = "frames whose ground truth has a NaN are deleted"
    COVERED = "frames with cover 0 are deleted, boxes are first moved into the image"


class Valid(Enum):
    """k5: rows of the ground truth that count as a target."""

    POSITIVE = "a ground-truth row is valid if x, y, w and h are > 0"
    POSITIVE_FROM_ONE = "a ground-truth row is valid if x, y, w and h are > 0, counted from pixel 1"
    SIZE = "a ground-truth row is valid if w and h are > 0"
    POSITIVE_CENTER = "valid for success if x, y, w and h are > 0, for errors if the centre is > 0"
    SIZE_CENTER = "valid for success if w and h are > 0, for errors if the centre is > 0"
    EVERY = "every ground-truth row is valid"


class Overlap(Enum):
    """k6: the formula of the overlap."""

    INCLUSIVE = "IoU of pixels (right = x + w - 1); min and max skip NaN"
    CONTINUOUS = "IoU of continuous boxes, clipped to [0, 1]"
    GOT10K = "IoU of continuous boxes with an epsilon in the union, clipped to [0, 1]"


class Normalized(Enum):
    """k7: the formula of the normalised centre error."""

    NONE = "no normalised precision"
    DIVIDE_FIRST = "both centres are divided by the target's size, then subtracted"
    DIVIDE_EPS = "both centres are divided by the target's size + 1e-16, then subtracted"
    SUBTRACT_FIRST = "centres are subtracted, then divided by the target's size"
    AT_LEAST_ONE = "centres are subtracted, then divided by the target's size or 1 pixel"


class Invalid(Enum):
    """k8: an error in a frame whose ground truth is invalid (its overlap always fails)."""

    HIT = "counts as a hit (error -1)"
    MISS = "counts as a miss (error infinite)"
    ABSENT_MISS = "counts as a hit (error -1), but as a miss if the target is marked as absent"


class Denominator(Enum):
    """k9: what the counts are divided by."""

    ALL_ROWS = "divided by all rows of the ground truth, absent frames included"
    KEPT_ROWS = "divided by the rows that were kept"


class Averaging(Enum):
    """k10: from sequences to the benchmark."""

    MEAN = "mean over the sequences"
    MEAN_FLOAT32 = "mean over the sequences, in single precision"
    MEAN_OF_NONZERO = "mean over the sequences, without those whose whole curve is zero"
    POOLED = "mean over the frames of all sequences together"


class Summary(Enum):
    """How a curve becomes one number."""

    MEAN = "mean of the curve"
    AT = "the curve at one threshold"
    AREA = "trapezoidal area under the curve"


def _steps_of_twentieths() -> Vector:
    """(21,) success thresholds k * 0.05 as numpy, torch and GNU Octave build them."""
    thresholds: Vector = np.arange(21.0) * np.float64(0.05)
    return thresholds


def _matlab_twentieths() -> Vector:
    """(21,) success thresholds as real MATLAB builds ``0:0.05:1``: from both ends towards the middle.

    Value 13 is 0.6499999999999999 instead of 0.65, so that a frame whose IoU is exactly 13/20 is a success in MATLAB
    and a failure everywhere else.
    """
    k = np.arange(21)
    thresholds: Vector = np.where(k <= 10, k * 0.05, 1.0 - (20 - k) * 0.05)
    return thresholds


class Grid(Enum):
    """Thresholds of a curve, bit for bit: ``value`` is the sentence, ``thresholds`` (T,) the increasing thresholds."""

    MATLAB_TWENTIETHS = "0:0.05:1 as MATLAB builds it (value 13 just below 0.65)", _matlab_twentieths()
    TWENTIETHS = "k * 0.05, k = 0..20 (numpy, torch, Octave)", _steps_of_twentieths()
    HUNDREDTHS = "linspace(0, 1, 101)", np.linspace(0.0, 1.0, 101)
    PIXELS = "0..50 pixels, step 1", np.arange(51.0)
    PIXELS_21 = "linspace(0, 50, 21) pixels", np.linspace(0.0, 50.0, 21)
    HALF_BY_HUNDREDTHS = "k / 100, k = 0..50", np.arange(51) / 100
    HALF_LINSPACE = "linspace(0, 0.5, 51)", np.linspace(0.0, 0.5, 51)
    HALF_21 = "linspace(0, 0.5, 21)", np.linspace(0.0, 0.5, 21)

    thresholds: Vector

    def __new__(cls, sentence: str, thresholds: Vector) -> Self:
        """A member is known by its sentence, as those of the other knobs are."""
        member = object.__new__(cls)
        member._value_ = sentence
        member.thresholds = thresholds
        return member


@dataclass(frozen=True)
class CurveRule:
    """A curve's thresholds and the number reported for it.

    Attributes:
        at: index of the threshold that :attr:`Summary.AT` reports.
        inclusive: success counts frames with an overlap at least the threshold instead of above it.
    """

    grid: Grid
    summary: Summary
    at: int = 20
    inclusive: bool = False

    @property
    def value(self) -> str:
        """The sentence, as the enumerations above have it."""
        what = f"{self.summary.value} {self.grid.thresholds[self.at]:g}" if self.summary is Summary.AT else ""
        return f"{what or self.summary.value}; thresholds {self.grid.value}" + (", >= t" if self.inclusive else "")


@dataclass(frozen=True)
class Rules:
    """One protocol on one family: the ten knobs, and how each curve becomes a number.

    Attributes:
        length: k1. repair: k2. first_row: k3. absent: k4. valid: k5. overlap: k6. normalized_error: k7.
        invalid_error: k8 for the centre error. invalid_normalized: k8 for the normalised one.
        denominator: k9. averaging: k10.
        success, precision, normalized: curves; None where the protocol has no such curve.
        metrics: what the protocol reports, by the names of :data:`evalkit.scoring.metrics.METRICS`.
        missing_is_zero: a missing result is scored as zero boxes.
        nan_truth_refused: the toolkit raises where the ground truth has NaN.
        omitted_rows: a result of the whole clip is scored on annotated rows that the official evaluation omits.
        cut_anyway: sequences whose longer results are cut although ``length`` refuses them.
        source: the code that the rules were read from.
        remark: what is to be said of every figure.
    """

    length: Length
    repair: Repair
    first_row: FirstRow
    absent: Absent
    valid: Valid
    overlap: Overlap
    normalized_error: Normalized
    invalid_error: Invalid
    invalid_normalized: Invalid
    denominator: Denominator
    averaging: Averaging
    success: CurveRule
    precision: CurveRule | None
    normalized: CurveRule | None
    metrics: tuple[str, ...] = ("auc", "precision", "sr50", "sr75")
    missing_is_zero: bool = False
    nan_truth_refused: bool = False
    omitted_rows: bool = False
    cut_anyway: frozenset[str] = frozenset()
    source: str = ""
    remark: str = ""


class Measures(Enum):
    """By whose measures a supervised run becomes accuracy, robustness and a curve of expected overlaps."""

    VOT_TOOLKIT = (
        "regions in pixels x to x + w - 1, rounded before the scan; accuracy averaged by the sequences' length; "
        "failures a sequence, weighted by length; fragments from an initialisation to before the failure; EAO over "
        "the lengths low to high"
    )
    PYSOT = (
        "regions as polygons of their corners, rounded after the move into the raster; accuracy over all frames "
        "together; failures in 100 frames; fragments from five frames after a failure to the next start; EAO over the "
        "lengths low - 1 to high - 1"
    )


@dataclass(frozen=True)
class SupervisedRules:
    """One protocol on VOT's supervised experiment, in which a tracker is started again after each failure.

    Attributes:
        measures: by whose code.
        length: a result of another length than the ground truth.
        nan_is_unknown: a region with NaN counts as unknown; otherwise it is refused.
        metrics: what the protocol reports, by the names of :data:`evalkit.scoring.metrics.METRICS`.
        source: the code that the rules were read from.
    """

    measures: Measures
    length: Length
    nan_is_unknown: bool
    metrics: tuple[str, ...] = ("accuracy", "robustness", "eao")
    source: str = ""


class Region(Enum):
    """What long-term measures take a box for."""

    PIXELS = "regions in pixels x to x + w - 1, rounded, cut at the image's border, as vot-toolkit counts them"
    BOXES = "IoU of continuous boxes, clipped to [0, 1]"


@dataclass(frozen=True)
class LongTermRules:
    """One protocol on runs in which a tracker may lose its target and say so.

    Attributes:
        region: the formula of the overlap.
        metrics: what the protocol reports, by the names of :data:`evalkit.scoring.metrics.METRICS`.
        source: the code that the rules were read from.
        remark: what is to be said of every figure.
    """

    region: Region
    metrics: tuple[str, ...]
    source: str = ""
    remark: str = ""


_NOT_RULES = frozenset({"source", "remark"})


def differences(first: Rules, second: Rules) -> tuple[str, ...]:
    """Names of the knobs in which two sets of rules differ.

    >>> from evalkit.scoring.protocols import TABLE
    >>> differences(TABLE["pytracking"]["otb"], TABLE["ostrack"]["otb"])
    ('valid',)
    """
    names = (field.name for field in fields(Rules) if field.name not in _NOT_RULES)
    return tuple(name for name in names if getattr(first, name) != getattr(second, name))
