"""One result on one sequence, frame by frame: the steps k1 to k8 of the scoring loop, each a small function.

Frames are counted against thresholds in one pass: they are sorted, so that every count is one look-up.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from evalkit import boxes
from evalkit.errors import InputError
from evalkit.scoring.rules import Absent, FirstRow, Invalid, Length, Normalized, Overlap, Repair, Rules, Valid
from evalkit.sequences.sequence import Sequence
from evalkit.types import Boxes, Flags, Vector

_OVERLAPS = {
    Overlap.INCLUSIVE: boxes.iou_inclusive,
    Overlap.CONTINUOUS: boxes.iou_continuous,
    Overlap.GOT10K: boxes.iou_got10k,
}
_FAILS, _HIT, _MISS = -1.0, -1.0, np.inf

Counts: TypeAlias = NDArray[np.int64]
"""(T,): frames a threshold."""


@dataclass(frozen=True)
class Measured:
    """What the rules leave of one result.

    Attributes:
        kept: (N,) ground-truth rows that are counted; the arrays below have one value for each of them.
        valid: (K,) the frame has a valid target, so that its overlap is more than a sentinel.
        overlaps: (K,) IoU, or -1.
        errors: (K,) centre error in pixels, -1 (hit) or infinity (miss).
        normalized: (K,) normalised centre error, or None where the rules have none.
        prediction: (N, 4) the boxes that were scored, after repair.
        truth: (N, 4) the ground truth that they were scored on, native coordinates.
    """

    kept: Flags
    valid: Flags
    overlaps: Vector
    errors: Vector
    normalized: Vector | None
    prediction: Boxes
    truth: Boxes

    def per_frame(self) -> tuple[Vector, Vector]:
        """(N,) overlaps and errors, NaN where the protocol does not score the frame or has no valid target in it."""
        frames = np.full((2, len(self.kept)), np.nan)
        sentinel = (self.errors < 0) | np.isinf(self.errors)
        frames[0, self.kept] = np.where(self.valid, self.overlaps, np.nan)
        frames[1, self.kept] = np.where(sentinel, np.nan, self.errors)
        return frames[0], frames[1]


def measure(sequence: Sequence, prediction: Boxes, rules: Rules, place: str = "") -> Measured:
    """Score the frames of one result.

    Args:
        prediction: (M, 4) boxes as in the result file, in the benchmark's native coordinates.
        place: the result file, for messages.

    Raises:
        InputError: where the toolkit raises (length, NaN), with the reason.
    """
    truth, prediction = _annotated_rows(sequence, prediction, rules)
    if rules.repair is Repair.PYTRACKING:  # which repairs before it looks at the length
        prediction = _repair_pytracking(prediction, truth, rules, place)
        truth, prediction = _fit(sequence, truth, prediction, rules, place)
    else:
        truth, prediction = _fit(sequence, truth, prediction, rules, place)
        truth, prediction = _repair(truth, prediction, rules, place)
    if rules.nan_truth_refused and np.isnan(truth).any():
        raise InputError("NaN in the ground truth, which the toolkit refuses", path=place or None, hint=rules.source)
    absent = _absent(sequence, rules, len(truth))
    if rules.first_row is FirstRow.TRUTH:
        prediction[0] = truth[0]
    kept = _kept(sequence, truth, absent, rules)
    if rules.absent is Absent.COVERED and sequence.size is not None:
        prediction, truth = (boxes.shift_into_image(each, sequence.size) for each in (prediction, truth))
    scored, target, invisible = prediction[kept], truth[kept], absent[kept]
    valid = _valid(target, rules, sequence.origin)
    if rules.absent is Absent.INVISIBLE:
        valid &= ~invisible
    overlaps = np.where(valid, _OVERLAPS[rules.overlap](scored, target), _FAILS)
    if rules.repair is Repair.PYTRACKING and np.isnan(overlaps).any():
        raise InputError("the overlap of a frame is undefined, which the toolkit refuses", path=place or None)
    return Measured(
        kept=kept,
        valid=valid,
        overlaps=overlaps,
        errors=_errors(scored, target, valid, rules),
        normalized=_normalized(scored, target, valid, invisible, rules),
        prediction=prediction,
        truth=truth,
    )


def _annotated_rows(sequence: Sequence, prediction: Boxes, rules: Rules) -> tuple[Boxes, Boxes]:
    """Truth and prediction of the same first frame, where files have frames that are not evaluated (Tiger1)."""
    if rules.omitted_rows and len(prediction) == len(sequence.full_native):
        return sequence.full_native, prediction
    return sequence.native, sequence.evaluated(prediction)


def _begins_with(truth: Boxes, prediction: Boxes) -> bool:
    """The first row is the first frame's box, counted from whichever pixel, and not the second frame's as well."""
    near = [bool((np.abs(prediction[0] - row) <= 1.0).all()) for row in truth[:2]]
    return near == [True, False]


def _fit(sequence: Sequence, truth: Boxes, prediction: Boxes, rules: Rules, place: str) -> tuple[Boxes, Boxes]:
    """k1: truth and a copy of the prediction, of the same length."""
    have, need = len(prediction), len(truth)
    if have == need:
        return truth, prediction.copy()
    refused = rules.length is Length.EXACT or (rules.length is Length.CUT and have < need)
    if refused and not (have > need and sequence.name in rules.cut_anyway):
        hint = f"{rules.length.value}; {rules.source}"
        if have == need - 1 and not _begins_with(truth, prediction):
            hint = f"is the given box of the first frame left out? {hint}"
        raise InputError(f"{have} rows, but {sequence.name} has {need} frames", path=place or None, hint=hint)
    if rules.length is Length.CUT_BOTH:
        shorter = min(have, need)
        return truth[:shorter], prediction[:shorter].copy()
    fitted = np.full((need, 4), 0.0 if rules.length is Length.CUT_OR_PAD else np.nan)
    fitted[: min(have, need)] = prediction[:need]
    return truth, fitted


def _absent(sequence: Sequence, rules: Rules, length: int) -> Flags:
    """(length,) frames without a visible target, by the flags that the toolkit reads."""
    absent = sequence.absent
    if rules.absent is Absent.INVISIBLE and {"full_occlusion", "out_of_view"} <= set(sequence.flags):
        absent = sequence.flags["full_occlusion"].astype(bool) | sequence.flags["out_of_view"].astype(bool)
    if absent is None or len(absent) < length:
        return np.zeros(length, dtype=bool)
    return absent[:length]


def _repair(truth: Boxes, prediction: Boxes, rules: Rules, place: str) -> tuple[Boxes, Boxes]:
    """k2: the truth and prediction that are scored."""
    if rules.repair is Repair.ROUND:
        return np.round(truth), np.round(prediction)
    nan = np.isnan(prediction)
    if rules.repair is Repair.REFUSE_NAN and nan.any():
        row = int(nan.any(axis=1).argmax()) + 1
        raise InputError("NaN in the result", path=place or None, row=row, hint=rules.repair.value)
    if rules.repair in (Repair.OTB, Repair.LASOT):
        bad = _rows(nan, every=rules.repair is Repair.OTB)
        bad |= _rows(prediction[:, 2:] <= 0)
        prediction = _repeat_previous(prediction, bad & ~_rows(np.isnan(truth)))
    return truth, prediction


def _repair_pytracking(prediction: Boxes, truth: Boxes, rules: Rules, place: str) -> Boxes:
    wrong = _rows(np.isnan(prediction)) | _rows(prediction[:, 2:] < 0)
    if wrong.any():
        row = int(wrong.argmax()) + 1
        raise InputError("NaN or a negative size", path=place or None, row=row, hint=f"refused by {rules.source}")
    zero = _rows(prediction[:, 2:] == 0)
    if zero[len(truth) :].any():
        raise InputError("a zero size after the last frame, where the toolkit fails", path=place or None)
    zero[: len(truth)] &= ~_rows(np.isnan(truth[: len(zero)]))
    return _repeat_previous(prediction, zero)


def _repeat_previous(prediction: Boxes, bad: Flags) -> Boxes:
    """Every bad row but the first becomes the last row before it that was not bad."""
    if not bad.any():
        return prediction
    keep = ~bad
    keep[0] = True
    source = np.maximum.accumulate(np.where(keep, np.arange(len(bad)), 0))
    repaired: Boxes = prediction[source]
    return repaired


def _kept(sequence: Sequence, truth: Boxes, absent: Flags, rules: Rules) -> Flags:
    """k3 and k4: (N,) rows that are counted."""
    kept = np.ones(len(truth), dtype=bool)
    if rules.absent is Absent.DELETED:
        kept = ~absent
    elif rules.absent is Absent.NAN_DELETED:
        kept = ~_rows(np.isnan(truth))
    elif rules.absent is Absent.COVERED and "cover" in sequence.flags:
        kept = sequence.flags["cover"] > 0
    if rules.first_row is FirstRow.LEFT_OUT:
        kept = kept.copy()
        kept[0] = False
    return kept


def _valid(truth: Boxes, rules: Rules, origin: int) -> Flags:
    """k5: (K,) rows whose overlap is computed."""
    if rules.valid is Valid.EVERY:
        return np.ones(len(truth), dtype=bool)
    if rules.valid in (Valid.SIZE, Valid.SIZE_CENTER):
        return _rows(truth[:, 2:] > 0, every=True)
    if rules.valid is Valid.POSITIVE_FROM_ONE:
        return _rows(truth[:, :2] > origin - 1, every=True) & _rows(truth[:, 2:] > 0, every=True)
    return _rows(truth > 0, every=True)


def frames_without_target(sequence: Sequence, rules: Rules) -> int:
    """How many of a sequence's frames have a ground truth that is no target by k5, though k4 counts them."""
    counted = _kept(sequence, sequence.native, _absent(sequence, rules, len(sequence)), rules)
    return int((counted & ~_valid(sequence.native, rules, sequence.origin)).sum())


def _errors(prediction: Boxes, truth: Boxes, valid: Flags, rules: Rules) -> Vector:
    """(K,) centre errors with the sentinels of k8."""
    if rules.valid in (Valid.POSITIVE_CENTER, Valid.SIZE_CENTER):
        valid = _rows(boxes.centers(truth) > 0, every=True)
    sentinel = _HIT if rules.invalid_error is Invalid.HIT else _MISS
    return np.where(valid, boxes.center_error(prediction, truth), sentinel)


def _normalized(prediction: Boxes, truth: Boxes, valid: Flags, absent: Flags, rules: Rules) -> Vector | None:
    """(K,) normalised centre errors (k7) with the sentinels of k8."""
    if rules.normalized_error is Normalized.NONE:
        return None
    if rules.normalized_error is Normalized.DIVIDE_FIRST:
        errors = boxes.normalized_error(prediction, truth)
    elif rules.normalized_error is Normalized.DIVIDE_EPS:
        errors = boxes.normalized_error(prediction, truth, eps=1e-16)
    else:
        least = 1.0 if rules.normalized_error is Normalized.AT_LEAST_ONE else 0.0
        errors = boxes.normalized_error_subtract_first(prediction, truth, at_least=least)
    if rules.valid in (Valid.POSITIVE_CENTER, Valid.SIZE_CENTER):
        valid = _rows(boxes.normalized_points(truth, truth, eps=1e-16) > 0, every=True)
    errors = np.where(valid, errors, _MISS if rules.invalid_normalized is Invalid.MISS else _HIT)
    return np.where(absent, _MISS, errors) if rules.invalid_normalized is Invalid.ABSENT_MISS else errors


def _rows(condition: NDArray[np.bool_], *, every: bool = False) -> Flags:
    """(N,) rows of an (N, C) condition in which any, or every, column holds; by column, as rows are short."""
    return reduce(np.logical_and if every else np.logical_or, condition.T)


def success_counts(overlaps: Vector, thresholds: Vector, *, inclusive: bool = False) -> Counts:
    """(T,) frames whose overlap is above (``inclusive``: at least) each of the increasing thresholds; NaN never is.

    >>> success_counts(np.array([0.0, 0.5, 1.0, np.nan]), np.array([0.0, 0.5, 1.0])).tolist()
    [2, 1, 0]
    """
    ordered = np.sort(overlaps[~np.isnan(overlaps)])
    below = np.searchsorted(ordered, thresholds, side="left" if inclusive else "right")
    counts: Counts = len(ordered) - below
    return counts


def error_counts(errors: Vector, thresholds: Vector) -> Counts:
    """(T,) frames whose error is at most each of the increasing thresholds; NaN and infinity never are.

    >>> error_counts(np.array([-1.0, 20.0, 20.5, np.nan]), np.array([0.0, 20.0, 50.0])).tolist()
    [1, 2, 3]
    """
    # NaN is sorted behind infinity, so behind every threshold.
    counts: Counts = np.searchsorted(np.sort(errors), thresholds, side="right")
    return counts
