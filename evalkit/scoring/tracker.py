"""One tracker's files held against the annotation under a protocol: parsed, looked at for mistakes, scored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from evalkit.benchmarks.varied import Varied
from evalkit.boxes import iou_continuous
from evalkit.errors import InputError
from evalkit.results.files import ResultFile
from evalkit.results.formats.result_file import parse_result, rows_without_box
from evalkit.results.formats.values import read_confidence, read_said_visible
from evalkit.results.tracker_results import TrackerResults
from evalkit.scoring.aggregation import combine, score_sequence
from evalkit.scoring.frames import frames_without_target
from evalkit.scoring.opening import Annotation, missing_sequences, scored_sequences
from evalkit.scoring.protocols import rules_for
from evalkit.scoring.rules import Absent, Repair, Rules
from evalkit.scoring.scores import BenchmarkScore, FrameDetail
from evalkit.sequences.sequence import Sequence
from evalkit.types import Box, Boxes

# Rules that look at a benchmark's flags of absent or uncovered targets.
_BY_FLAGS = frozenset({Absent.DELETED, Absent.INVISIBLE, Absent.COVERED})
_NEAR = 0.5
_EXACT = 1e-3
# Whether boxes are a frame late or early: over how many frames, and at least how many of them (and of sequences).
_LOOKED_AT, _FEWEST = 500, 10
# Pixels: a target moves if it goes further in a frame, and is followed if the box is nearer.
_MOVES, _FOLLOWED = 2.0, 40.0
# What a row holds by mistake, as a matrix that makes x, y, w, h of it.
_READINGS = {
    "x1,y1,x2,y2 corners instead of x,y,w,h": np.array([[1, 0, 0, 0], [0, 1, 0, 0], [-1, 0, 1, 0], [0, -1, 0, 1]]),
    "the centre instead of the top-left corner": np.array(
        [[1, 0, -0.5, 0], [0, 1, 0, -0.5], [0, 0, 1, 0], [0, 0, 0, 1]]
    ),
    "y,x,h,w instead of x,y,w,h": np.array([[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]]),
}
_SHIFTS = {-1.0: "0-based instead of 1-based coordinates", 1.0: "1-based instead of 0-based coordinates"}


@dataclass(frozen=True)
class LoadedResults:
    """A tracker's results, parsed.

    Attributes:
        boxes: sequence -> (boxes, file) of each repetition.
        notes: what the files' content told, for the user: first their forms, where there are any.
        unrepaired: sequences to whose rows without a size no repair applies.
        ambiguous: see :class:`evalkit.results.tracker_results.TrackerResults`.
        confidences, visible: sequence -> the files beside the first repetition, where it has them.
    """

    tracker: str
    boxes: Mapping[str, tuple[tuple[Boxes, str], ...]]
    notes: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()
    unrepaired: frozenset[str] = frozenset()
    confidences: Mapping[str, ResultFile] = field(default_factory=dict)
    visible: Mapping[str, ResultFile] = field(default_factory=dict)


def load_results(results: TrackerResults) -> LoadedResults:
    """Parse a tracker's files; raises InputError with file and row."""
    if results.fault is not None:
        raise results.fault
    boxes, forms, odd = {}, set(), []
    said: dict[str, list[str]] = defaultdict(list)
    unrepaired = set()
    for sequence, files in results.files.items():
        runs = []
        for index, file in enumerate(files):
            result = parse_result(file.read(), file.place)
            run_name = results.name_of_run(sequence, index)
            forms.add(result.form)
            runs.append((result.boxes, file.place))
            if result.note:
                said[result.note].append(run_name)
            if not result.repaired:
                unrepaired.add(sequence)
            rows = rows_without_box(result.boxes)
            if len(rows):
                odd.append((run_name, rows))
        boxes[sequence] = tuple(runs)
    notes = [f"delimiter: {' and '.join(sorted(forms))}"] if forms else []
    notes += [f"{note}: {len(names)} files, such as {names[0]}" for note, names in said.items()]
    if odd:
        (run_name, rows), count = odd[0], sum(len(rows) for _, rows in odd)
        notes.append(
            f"{count} rows are no box (NaN, infinite, or without a size), left to the protocol's rule; "
            f"the first: {run_name}, row {rows[0] + 1}"
        )
    return LoadedResults(
        results.tracker,
        boxes,
        tuple(notes),
        results.ambiguous,
        frozenset(unrepaired),
        *(_of_first(several) for several in (results.confidences, results.visible)),
    )


def _of_first(several: Mapping[str, tuple[ResultFile | None, ...]]) -> dict[str, ResultFile]:
    return {sequence: files[0] for sequence, files in several.items() if files[0] is not None}


def score_tracker(
    results: LoadedResults,
    annotation: Annotation,
    protocol: str = "official",
    *,
    keep_frames: bool = False,
    rules: Rules | None = None,
) -> BenchmarkScore:
    """Score one tracker on what is there of a benchmark; see ``missing`` and ``sequences_total`` of the result.

    Args:
        keep_frames: keep per-frame overlaps and errors, for :func:`evalkit.scoring.tables.frame_table`.
        rules: take these instead of the protocol's own.

    Raises:
        InputError: the protocol does not apply, there is nothing to score, or its toolkit would raise.
    """
    rules = rules or rules_for(protocol, annotation.family)
    present = annotation.inventory.present
    unrepaired = results.unrepaired if rules.repair is Repair.OTB else frozenset()
    scores, aligned, lengths = [], [], []
    for name in scored_sequences(results.boxes, annotation, rules):
        runs = results.boxes.get(name)
        sequence = annotation.sequence(name)
        if runs is None:
            runs = ((_zeros(sequence), ""),)
        else:
            if sequence.offsets.get(len(runs[0][0]), 0) == 0:  # else its first row is of a frame that is not evaluated
                aligned.append((name, runs[0][0], sequence.native))
            rows = (len(boxes) for boxes, _ in runs if len(sequence.evaluated(boxes)) != len(sequence))
            lengths += [f"{have} rows for {len(sequence)} frames of {name}" for have in rows]
        own = replace(rules, repair=Repair.NONE) if name in unrepaired else rules
        score = score_sequence(sequence, runs, own, keep_frames=keep_frames)
        scores.append(replace(score, detail=_detail(sequence, results, len(score.overlaps))) if keep_frames else score)
    if not scores or not any(name in results.boxes for name in present):
        raise InputError(f"{results.tracker or 'the tracker'} has no result on {annotation.benchmark.name}")
    missing = missing_sequences(results.boxes, annotation)
    zero = tuple(name for name in missing if name in present) if rules.missing_is_zero else ()
    notes = list(describe_mistakes((name, likely_mistake(*boxes)) for name, *boxes in aligned))
    if not isinstance(annotation.benchmark, Varied):  # in real time, answers are late in earnest
        notes += describe_shift(shifted_by(*boxes) for _, *boxes in aligned)
    if lengths:
        more = f", and {len(lengths) - 1} more of another length" if len(lengths) > 1 else ""
        notes.append(f"WARNING: {lengths[0]}{more}: {rules.length.value}")
    if zero:
        notes.append(f"{len(zero)} missing results count as zero boxes")
    notes += _of_our_rules(rules, (annotation.sequence(score.sequence) for score in scores))
    overall = combine(
        scores,
        rules,
        tracker=results.tracker,
        benchmark=annotation.benchmark.key,
        protocol=protocol,
        total=annotation.inventory.total,
        missing=missing,
        notes=tuple(notes),
        total_verified=annotation.inventory.verified,
        clip_of=annotation.benchmark.clip_of,
    )
    lacking = annotation.benchmark.shortcoming() if rules.absent in _BY_FLAGS else None
    return replace(overall, shortcoming=lacking or "", excluded=annotation.inventory.excluded)


def _of_our_rules(rules: Rules, sequences: Iterable[Sequence]) -> list[str]:
    """What is to be said of figures by rules that are no official ones."""
    if not rules.remark:
        return []
    count = sum(frames_without_target(sequence, rules) for sequence in sequences)
    said = f"{count} frames have no target by these rules (absent, or x or y before the first pixel)"
    return [rules.remark, f"{said}: misses of success, hits of precision"] if count else [rules.remark]


def _detail(sequence: Sequence, results: LoadedResults, length: int) -> FrameDetail:
    """The boxes behind ``length`` scored frames, 0-based, with what the tracker said of itself beside the result."""
    name = sequence.name
    truth = sequence.full_native if length > len(sequence) else sequence.native
    prediction = results.boxes[name][0][0] if name in results.boxes else _zeros(sequence)
    confidence, visible = read_confidence(results.confidences.get(name)), read_said_visible(results.visible.get(name))
    if length == len(sequence):
        prediction, confidence, visible = map(sequence.evaluated, (prediction, confidence, visible))
    corner = np.array([sequence.origin, sequence.origin, 0.0, 0.0])
    absent = np.zeros(length, dtype=bool) if sequence.absent is None else sequence.absent
    return FrameDetail(
        prediction=_fitted(prediction, length) - corner,
        truth=_fitted(truth, length) - corner,
        absent=_fitted(absent.astype(np.float64), length) > 0,
        confidence=_fitted(confidence, length),
        visible=_fitted(visible, length),
    )


def _fitted(values: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    """The first ``length`` rows; NaN where there are fewer."""
    fitted = np.full((length, *values.shape[1:]), np.nan)
    fitted[: len(values)] = values[:length]
    return fitted


def _zeros(sequence: Sequence) -> Boxes:
    """(N, 4) what TrackingNet's ``metrics.py`` takes for a missing result."""
    return np.zeros((len(sequence), 4))


def likely_mistake(predicted: Boxes, truth: Boxes) -> tuple[str, str] | None:
    """The frame that shows a likely mistake, and the mistake; None if the first two frames show none.

    Many trackers write the given box as their first row, whatever they make of the others: hence the second frame.

    Args:
        predicted: (N, 4) the result.
        truth: (M, 4) the annotation of the same frames, in the same coordinates if all is well.

    >>> likely_mistake(np.array([[10.0, 20, 30, 60]]), np.array([[10.0, 20, 20, 40]]))
    ('frame 0', 'x1,y1,x2,y2 corners instead of x,y,w,h')
    """
    frames = min(2, len(predicted), len(truth))
    near = (iou_continuous(predicted[:frames], truth[:frames]) >= _NEAR).tolist()
    first = _shifted(predicted[0], truth[0])
    if first is None and not near[0]:
        first = _misread(predicted[0], truth[0]) or "far from the ground truth"
    if first is not None:
        return "frame 0 alone" if first in _READINGS and near[1:] == [True] else "frame 0", first
    second = _misread(predicted[1], truth[1]) if near[1:] == [False] else None
    return None if second is None else ("frame 1", second)


def describe_mistakes(mistakes: Iterable[tuple[str, tuple[str, str] | None]]) -> tuple[str, ...]:
    """One warning a kind of mistake, from pairs of a sequence and its :func:`likely_mistake`.

    What the second frame shows may be a tracker that has lost its target, and a first box one pixel beside the given
    one may be a tracker's rounding, unless most sequences show it.
    """
    judged = list(mistakes)
    sequences: dict[tuple[str, str], list[str]] = defaultdict(list)
    for sequence, mistake in judged:
        if mistake is not None:
            sequences[mistake].append(sequence)
    return tuple(
        f"WARNING: {frame} of {_such_as(named)} looks wrong: {text}"
        for (frame, text), named in sorted(sequences.items(), key=lambda item: -len(item[1]))
        if (frame != "frame 1" and text not in _SHIFTS.values()) or 2 * len(named) > len(judged)
    )


def shifted_by(predicted: Boxes, truth: Boxes) -> int | None:
    """The frame whose target most boxes lie nearest to: their own (0), the one before (-1) or the one after (1).

    Judged by the median distance of centres over the first frames in which the target moves and is not lost; None if
    these are too few.

    >>> truth = np.array([[10.0 * frame, 5, 20, 20] for frame in range(20)])
    >>> shifted_by(truth + 1, truth), shifted_by(truth[[0, *range(19)]], truth), shifted_by(truth[1:], truth)
    (0, -1, 1)
    """
    count = min(len(predicted), len(truth), _LOOKED_AT)
    box, target = (rows[:count, :2] + rows[:count, 2:] / 2 for rows in (predicted, truth))
    with np.errstate(invalid="ignore", over="ignore"):  # infinite boxes are near nothing
        steps = np.hypot(*np.diff(target, axis=0).T)
        before, own, after = (np.hypot(*(box[1:-1] - target[at : at + count - 2]).T) for at in range(3))
    judged = (steps[:-1] > _MOVES) & (steps[1:] > _MOVES) & (own < _FOLLOWED)
    if judged.sum() < _FEWEST:
        return None
    medians = [float(np.median(distances[judged])) for distances in (own, before, after)]
    return (0, -1, 1)[medians.index(min(medians))]


def describe_shift(shifts: Iterable[int | None]) -> tuple[str, ...]:
    """A warning where two thirds of ten sequences or more are shifted alike; of real trackers' a quarter may be."""
    judged = [shift for shift in shifts if shift is not None]
    for shift, frame, row in ((-1, "before", "one too many"), (1, "after", "missing")):
        count = judged.count(shift)
        if len(judged) >= _FEWEST and 3 * count >= 2 * len(judged):
            fit = f"in {count} of {len(judged)} sequences boxes fit the frame {frame} better than their own"
            return (f"WARNING: {fit}: is a row {row} at the top?",)
    return ()


def _such_as(sequences: list[str]) -> str:
    if len(sequences) == 1:
        return sequences[0]
    return f"{len(sequences)} sequences ({sequences[0]}, ...)"


def _shifted(predicted: Box, truth: Box) -> str | None:
    """The mistake of a row that lies one pixel beside the truth in x and y alike."""
    x, y, w, h = (predicted - truth).tolist()
    if abs(x - y) > _EXACT or max(abs(w), abs(h)) > _EXACT:
        return None
    return next((name for pixel, name in _SHIFTS.items() if abs(x - pixel) <= _EXACT), None)


def _misread(predicted: Box, truth: Box) -> str | None:
    """What a row that is no box near the target may hold instead."""
    if not np.isfinite([predicted, truth]).all():
        return None
    for name, reading in _READINGS.items():
        if iou_continuous(np.array([reading @ predicted]), truth[None])[0] >= _NEAR:
            return name
    fractions = (np.abs(predicted) <= 1.0).all() and (truth[2:] > 2.0).all()
    return "coordinates as fractions of the image" if fractions else None
