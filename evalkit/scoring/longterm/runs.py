"""From files to arrays: what long-term measures need of one run on one sequence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evalkit import boxes
from evalkit.boxes import are_boxes
from evalkit.errors import InputError
from evalkit.results.files import ResultFile
from evalkit.results.formats.result_file import parse_result
from evalkit.results.formats.values import read_confidence, read_said_visible, reported_frames
from evalkit.results.tracker_results import TrackerResults
from evalkit.scoring.rules import LongTermRules, Region
from evalkit.scoring.vot.overlap import toolkit_overlaps_with_codes
from evalkit.scoring.vot.trajectory import (
    INIT,
    Trajectory,
    from_regions,
    is_supervised,
    parse_trajectory,
    without_nan,
)
from evalkit.sequences.sequence import LABELLED, Sequence
from evalkit.types import Boxes, Flags, Vector


@dataclass(frozen=True)
class LongTermRun:
    """One run on one sequence; frames that are not annotated are left out.

    Attributes:
        frames: (N,) numbers of the frames.
        boxes: (N, 4) the tracker's, in the benchmark's coordinates; NaN where it gives none.
        overlaps: (N,) with the target's region, 0 where either is missing; in the first frame 1.
        tracked: (N,) the same as vot-toolkit counts it: the first frame is an initialisation and has none.
        confidence: (N,) the tracker's own; 0 in the first frame, and everywhere if it reports none.
        reported: (N,) the tracker says that the target is there.
        present: (N,) it is.
        targets: how many frames have a target as vot-toolkit counts them: those with a region.
    """

    frames: np.ndarray
    boxes: Boxes
    overlaps: Vector
    tracked: Vector
    confidence: Vector
    reported: Flags
    present: Flags
    targets: int


def present_frames(sequence: Sequence) -> Flags:
    """(N,) the annotation has a target there: a box with a size, and no flag that says that it is not visible."""
    native = sequence.native
    present = are_boxes(native)
    if sequence.absent is not None:
        present = present & ~sequence.absent
    return present & (sequence.flags["cover"] > 0) if "cover" in sequence.flags else present


def load_run(results: TrackerResults, index: int, sequence: Sequence, rules: LongTermRules) -> LongTermRun:
    """One repetition of a tracker on a sequence.

    Raises:
        InputError: a file is not what it should be, or has another length than the ground truth.
    """
    name = sequence.name
    file = results.files[name][index]
    confidence_file, visible_file = (beside.get(name, ()) for beside in (results.confidences, results.visible))
    trajectory = _one_pass(_read(file, sequence, rules), file.place, len(sequence), name)
    confidence = sequence.evaluated(read_confidence(_at(confidence_file, index), blank=0.0))
    visible = sequence.evaluated(read_said_visible(_at(visible_file, index)))
    _require_fitting(confidence, len(trajectory), _at(confidence_file, index))
    _require_fitting(visible, len(trajectory), _at(visible_file, index))
    return _assembled(trajectory, confidence, visible, sequence, rules)


def _read(file: ResultFile, sequence: Sequence, rules: LongTermRules) -> Trajectory:
    """Regions and codes where vot-toolkit's rules apply or the file begins with a code, else boxes in any format."""
    content = file.read()
    if rules.region is Region.PIXELS or is_supervised(content):
        return parse_trajectory(content, file.place)
    return from_regions(sequence.evaluated(parse_result(content, file.place).boxes), None)


def _assembled(
    trajectory: Trajectory, confidence: Vector, visible: Vector, sequence: Sequence, rules: LongTermRules
) -> LongTermRun:
    present, predicted = present_frames(sequence), _boxes(trajectory)
    tracked = _OVERLAPS[rules.region](trajectory, predicted, sequence)
    given = np.arange(len(trajectory)) == 0
    said = confidence if len(confidence) else np.zeros(len(trajectory))
    said_there = reported_frames(predicted, confidence, visible) | given
    labelled = sequence.flags[LABELLED] > 0 if LABELLED in sequence.flags else np.ones(len(present), dtype=bool)
    rows = np.flatnonzero(labelled)
    return LongTermRun(
        frames=rows,
        boxes=predicted[rows],
        overlaps=np.where(given, 1.0, np.where(present, tracked, 0.0))[rows],
        tracked=np.where(given, 0.0, tracked)[rows],
        confidence=np.where(given, 0.0, said)[rows],
        reported=said_there[rows],
        present=present[rows],
        targets=int(np.isfinite(sequence.native).all(axis=1).sum() if rules.region is Region.PIXELS else present.sum()),
    )


def _one_pass(trajectory: Trajectory, place: str, length: int, name: str) -> Trajectory:
    """The trajectory with the code of an initialisation in the first frame, which files of boxes do not have."""
    if len(trajectory) != length:
        raise InputError(f"{len(trajectory)} rows, but {name} has {length} frames", path=place)
    again = np.flatnonzero(trajectory.codes[1:] == INIT)
    if len(again):
        hint = "long-term results are of one pass, in which a tracker is not started again"
        raise InputError("the code 1 of a further initialisation", path=place, row=int(again[0]) + 2, hint=hint)
    codes = trajectory.codes.copy()
    codes[0] = INIT
    return Trajectory(codes, trajectory.numbers)


def _boxes(trajectory: Trajectory) -> Boxes:
    """(N, 4) bounding boxes; NaN where there is a code."""
    rows: Boxes = trajectory.numbers[:, :4].copy()
    polygon = trajectory.has_region & ~trajectory.is_rectangle
    if polygon.any():
        corners = trajectory.numbers[polygon].reshape(-1, 4, 2)
        rows[polygon] = np.hstack([corners.min(axis=1), np.ptp(corners, axis=1)])
    rows[~trajectory.has_region] = np.nan
    return rows


def _pixel_overlaps(trajectory: Trajectory, _predicted: Boxes, sequence: Sequence) -> Vector:
    truth = without_nan(from_regions(sequence.native, sequence.polygons))
    return toolkit_overlaps_with_codes(trajectory, truth, sequence.size)


def _box_overlaps(_trajectory: Trajectory, predicted: Boxes, sequence: Sequence) -> Vector:
    with np.errstate(invalid="ignore"):
        overlaps = np.nan_to_num(boxes.iou_continuous(predicted, sequence.native))
    return np.where(present_frames(sequence), overlaps, 0.0)


_OVERLAPS = {Region.PIXELS: _pixel_overlaps, Region.BOXES: _box_overlaps}


def _at(files: tuple[ResultFile | None, ...], index: int) -> ResultFile | None:
    return files[index] if files else None


def _require_fitting(values: Vector, length: int, file: ResultFile | None) -> None:
    """Raise InputError where there are values, but not one a frame."""
    if len(values) not in (0, length):
        raise InputError(f"{len(values)} values for a result of {length} rows", path=file.place if file else None)
