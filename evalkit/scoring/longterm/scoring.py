"""Long-term measures of one tracker on a benchmark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np

from evalkit import boxes
from evalkit.errors import InputError
from evalkit.results.tracker_results import TrackerResults
from evalkit.scoring.frames import success_counts
from evalkit.scoring.longterm.f_score import FScores, confidence_thresholds, f_scores, precision_recall
from evalkit.scoring.longterm.presence import (
    PresenceCounts,
    geometric_mean,
    max_geometric_mean,
    overlaps_with_absence,
    presence_counts,
)
from evalkit.scoring.longterm.redetection import Return, redetection, returns_of
from evalkit.scoring.longterm.runs import LongTermRun, load_run
from evalkit.scoring.metrics import Experiment, stated_metrics
from evalkit.scoring.opening import Annotation, missing_sequences
from evalkit.scoring.rules import Grid, LongTermRules, Region
from evalkit.scoring.scores import BenchmarkScore, Curve, FrameDetail, SequenceScore
from evalkit.scoring.vot.overlap import uncut_regions
from evalkit.sequences.sequence import Sequence
from evalkit.types import Vector

EXPERIMENT: Experiment = "long-term"
NO_ABSENCE = "no frame of the ground truth is without the target: F measures overlap and confidence alone, no absence"
NO_CONFIDENCE = "the tracker reports no confidence: every frame counts as reported with the same"
_OVERLAPS = Grid.TWENTIETHS.thresholds


@dataclass(frozen=True)
class _Clip:
    """A sequence and the tracker's repetitions on it."""

    sequence: Sequence
    runs: tuple[LongTermRun, ...]


def score_long_term(
    results: TrackerResults, annotation: Annotation, protocol: str, rules: LongTermRules, *, keep_frames: bool = False
) -> BenchmarkScore:
    """The measures of the rules.

    Args:
        keep_frames: keep boxes and overlaps of every frame.

    Raises:
        InputError: there is no result, or one is no run of its sequence.
    """
    names = [name for name in annotation.inventory.present if name in results.files]
    if not names:
        raise InputError(f"{results.tracker or 'the tracker'} has no result on {annotation.benchmark.name}")
    clips = [_load(results, annotation.sequence(name), rules) for name in names]
    if all(len(run.frames) < 2 for clip in clips for run in clip.runs):
        raise InputError(f"no frame but the first is annotated on {annotation.benchmark.name}",
                         path=clips[0].sequence.source, hint="its ground truth is kept by the benchmark")  # fmt: skip
    curves = _f_scores(clips)
    metrics = {**_of_f(curves), **_of_frames(clips)}
    return BenchmarkScore(
        tracker=results.tracker,
        benchmark=annotation.benchmark.key,
        protocol=protocol,
        metrics={name: metrics.get(name) if name in rules.metrics else None for name in stated_metrics(EXPERIMENT)},
        curves=_curves(curves, clips, rules),
        sequences=tuple(_sequence_score(clip, rules, keep_frames) for clip in clips),
        sequences_total=annotation.inventory.total,
        missing=missing_sequences(results.files, annotation),
        notes=_notes(results, clips, rules),
        total_verified=annotation.inventory.verified,
        shortcoming=_shortcoming(clips, rules),
        excluded=annotation.inventory.excluded,
        experiment=EXPERIMENT,
    )


def _load(results: TrackerResults, sequence: Sequence, rules: LongTermRules) -> _Clip:
    count = len(results.files[sequence.name])
    return _Clip(sequence, tuple(load_run(results, index, sequence, rules) for index in range(count)))


def _f_scores(clips: list[_Clip]) -> FScores:
    """Thresholds from all frames of all sequences; repetitions are averaged before the sequences are."""
    thresholds = confidence_thresholds(np.concatenate([run.confidence for clip in clips for run in clip.runs]))
    curves = []
    for clip in clips:
        pairs = [precision_recall(run.tracked, run.confidence, run.targets, thresholds) for run in clip.runs]
        curves.append((np.mean([pair[0] for pair in pairs], axis=0), np.mean([pair[1] for pair in pairs], axis=0)))
    return f_scores(curves, thresholds)


def _of_f(scores: FScores) -> dict[str, float]:
    best = scores.best
    values = {"f_score": scores.f, "lt_precision": scores.precision, "lt_recall": scores.recall}
    return {name: float(curve[best]) for name, curve in values.items()}


def _of_frames(clips: list[_Clip]) -> dict[str, float | None]:
    """Figures that pool the frames, and the returns, of all sequences."""
    counts = reduce(add, (_counts(run) for clip in clips for run in clip.runs), PresenceCounts())
    again = redetection(one for clip in clips for run in clip.runs for one in _returns(run))
    return {
        **_rates(counts),
        "absence_auc": float(np.mean([_absence_curve(clip).mean() for clip in clips])),
        "redetected": again.found,
        "redetected_soon": again.soon,
        "redetection_delay": again.delay,
    }


def _counts(run: LongTermRun) -> PresenceCounts:
    return presence_counts(run.overlaps[1:], run.reported[1:], run.present[1:])


def _returns(run: LongTermRun) -> list[Return]:
    return returns_of(run.overlaps, run.reported, run.present, run.frames)


def _rates(counts: PresenceCounts) -> dict[str, float | None]:
    tpr, tnr = counts.tpr, counts.tnr
    return {"tpr": tpr, "tnr": tnr, "gm": geometric_mean(tpr, tnr), "maxgm": max_geometric_mean(tpr, tnr)}


def _absence_curve(clip: _Clip) -> Vector:
    """(21,) success rates, averaged over the repetitions."""
    curves = [
        success_counts(overlaps_with_absence(run.overlaps, run.reported, run.present), _OVERLAPS) / len(run.frames)
        for run in clip.runs
    ]
    mean: Vector = np.mean(curves, axis=0)
    return mean


def _curves(scores: FScores, clips: list[_Clip], rules: LongTermRules) -> dict[str, Curve]:
    """Over the falling confidence threshold, from 0 for +inf to 1 for -inf; and success with absence."""
    falling = np.linspace(0.0, 1.0, len(scores.thresholds))
    curves = {}
    if "f_score" in rules.metrics:
        values = {"f_score": np.nan_to_num(scores.f), "lt_precision": scores.precision, "lt_recall": scores.recall}
        curves = {name: Curve(falling, curve) for name, curve in values.items()}
    if "absence_auc" in rules.metrics:
        curves["absence_success"] = Curve(_OVERLAPS, np.mean([_absence_curve(clip) for clip in clips], axis=0))
    return curves


def _sequence_score(clip: _Clip, rules: LongTermRules, keep_frames: bool) -> SequenceScore:
    metrics = {name: value for name, value in _of_sequence(clip).items() if name in rules.metrics and value is not None}
    curves = {"absence_success": _absence_curve(clip)} if "absence_auc" in rules.metrics else {}
    overlaps, errors, detail = _kept(clip) if keep_frames else (np.empty(0), np.empty(0), None)
    return SequenceScore(clip.sequence.name, len(clip.runs[0].frames), metrics, curves, overlaps, errors, detail)


def _of_sequence(clip: _Clip) -> Mapping[str, float | None]:
    """Figures of one sequence; F at its own best threshold, so that the benchmark's F is not their mean."""
    return {**_of_f(_f_scores([clip])), **_of_frames([clip])}


def _kept(clip: _Clip) -> tuple[Vector, Vector, FrameDetail]:
    """Overlaps, centre errors and boxes of every frame of the first repetition; NaN where there is no annotation."""
    sequence, run = clip.sequence, clip.runs[0]
    spread = np.full((len(sequence), 8), np.nan)
    spread[run.frames, :4], spread[run.frames, 4] = run.boxes, np.where(run.present, run.overlaps, np.nan)
    spread[run.frames, 5], spread[run.frames, 6] = run.confidence, run.reported
    spread[run.frames, 7] = ~run.present
    shift = np.array([sequence.origin, sequence.origin, 0.0, 0.0])
    detail = FrameDetail(spread[:, :4] - shift, sequence.ground_truth, spread[:, 7] > 0, spread[:, 5], spread[:, 6])
    with np.errstate(invalid="ignore"):
        errors = np.where(np.isnan(spread[:, 4]), np.nan, boxes.center_error(spread[:, :4], sequence.native))
    return spread[:, 4], errors, detail


def _notes(results: TrackerResults, clips: list[_Clip], rules: LongTermRules) -> tuple[str, ...]:
    absent = sum(int((~clip.runs[0].present).sum()) for clip in clips)
    returns = sum(len(_returns(clip.runs[0])) for clip in clips)
    notes = [f"{absent} frames without the target, {returns} returns" if absent else NO_ABSENCE]
    if "f_score" in rules.metrics and not any(clip.sequence.name in results.confidences for clip in clips):
        notes.append(NO_CONFIDENCE)
    return (*notes, *filter(None, (_shortcoming(clips, rules), rules.remark)))


def _shortcoming(clips: list[_Clip], rules: LongTermRules) -> str:
    return uncut_regions(clip.sequence.size for clip in clips) if rules.region is Region.PIXELS else ""
