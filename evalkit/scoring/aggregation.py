"""From measured frames to figures: steps k9 and k10 of the scoring loop, and the numbers that a protocol reports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from evalkit.errors import InputError
from evalkit.scoring.frames import Counts, Measured, error_counts, measure, success_counts
from evalkit.scoring.metrics import computed_from, stated_metrics
from evalkit.scoring.rules import Averaging, CurveRule, Denominator, Rules, Summary
from evalkit.scoring.scores import BenchmarkScore, Curve, SequenceScore
from evalkit.sequences.sequence import Sequence
from evalkit.types import Boxes, Vector


@dataclass(frozen=True)
class Tally:
    """Counts of one result on one sequence (repetitions are added up).

    Attributes:
        frames: the denominator.
        counts: (T,) frames a threshold, by curve name.
        overlap_sum: sum of the overlaps of the frames that count.
        covered: frames with a box that is not all zero (TrackingNet's coverage).
    """

    frames: int
    counts: Mapping[str, Counts]
    overlap_sum: float
    covered: int

    def __add__(self, other: Tally) -> Tally:
        counts = {name: values + other.counts[name] for name, values in self.counts.items()}
        frames, covered = self.frames + other.frames, self.covered + other.covered
        return Tally(frames, counts, self.overlap_sum + other.overlap_sum, covered)


def curve_rules(rules: Rules) -> dict[str, CurveRule]:
    """The curves that the rules have, by name."""
    by_name = {"success": rules.success, "precision": rules.precision, "normalized_precision": rules.normalized}
    return {name: rule for name, rule in by_name.items() if rule is not None}


def reported_metrics(rules: Rules) -> tuple[str, ...]:
    """Names of the figures that the rules report, without those of a curve that they lack, and of metrics with a
    formula of their own."""
    lacking = {
        name
        for name, curve in (("precision", rules.precision), ("normalized_precision", rules.normalized))
        if curve is None
    }
    own = (metric.name for curve in curve_rules(rules) for metric in computed_from(curve))
    return (*(name for name in rules.metrics if name not in lacking), *own)


def tally(measured: Measured, rules: Rules) -> Tally:
    """k9: count frames a threshold."""
    success = rules.success
    counts = {"success": success_counts(measured.overlaps, success.grid.thresholds, inclusive=success.inclusive)}
    if rules.precision is not None:
        counts["precision"] = error_counts(measured.errors, rules.precision.grid.thresholds)
    if rules.normalized is not None and measured.normalized is not None:
        counts["normalized_precision"] = error_counts(measured.normalized, rules.normalized.grid.thresholds)
    with np.errstate(invalid="ignore"):  # infinite coordinates
        covered = int((measured.prediction.sum(axis=1) > 0).sum())
    all_rows = rules.denominator is Denominator.ALL_ROWS
    return Tally(
        frames=len(measured.kept) if all_rows else int(measured.kept.sum()),
        counts=counts,
        overlap_sum=float(np.nansum(measured.overlaps[measured.valid])),
        covered=covered,
    )


def score_sequence(
    sequence: Sequence, runs: Iterable[tuple[Boxes, str]], rules: Rules, *, keep_frames: bool = False
) -> SequenceScore:
    """Score one tracker on one sequence.

    Args:
        runs: (boxes, file name for messages) of every repetition; the repetitions are averaged.
        keep_frames: keep the per-frame overlaps and errors of the first repetition.

    Raises:
        InputError: where the protocol's toolkit raises, with the reason, the file and the row.
    """
    total: Tally | None = None
    first: Measured | None = None
    for prediction, place in runs:
        measured = measure(sequence, prediction, rules, place)
        counted = tally(measured, rules)
        if counted.frames == 0:
            raise InputError(f"no frame of {sequence.name} can be scored", path=place or None)
        total = counted if total is None else total + counted
        first = first or measured
    if total is None or first is None:
        raise InputError(f"no result for {sequence.name}")
    curves = {name: counts / total.frames for name, counts in total.counts.items()}
    if rules.averaging is Averaging.MEAN_FLOAT32:
        curves = {name: values.astype(np.float32).astype(np.float64) for name, values in curves.items()}
    overlaps, errors = first.per_frame() if keep_frames else (np.empty(0), np.empty(0))
    return SequenceScore(
        sequence=sequence.name,
        frames=total.frames,
        metrics=_metrics(curves, rules, total.overlap_sum / total.frames, total.covered / total.frames),
        curves=curves,
        overlaps=overlaps,
        errors=errors,
    )


def combine(
    scores: Iterable[SequenceScore],
    rules: Rules,
    *,
    tracker: str,
    benchmark: str,
    protocol: str,
    total: int,
    missing: tuple[str, ...] = (),
    notes: tuple[str, ...] = (),
    total_verified: bool = True,
    clip_of: Callable[[str], str] = str,
) -> BenchmarkScore:
    """k10: from sequences to the benchmark.

    Args:
        clip_of: the clip of a sequence by name; where several sequences are runs on one clip, the frames of the runs
            are counted together before clips are averaged (``genPerfMat.m`` of the OTB benchmark on SRE and TRE).

    Raises:
        InputError: there is no sequence to average over.
    """
    sequences = tuple(scores)
    if not sequences:
        raise InputError(f"{tracker} has no result on {benchmark}")
    kinds, clips = curve_rules(rules), [clip_of(score.sequence) for score in sequences]
    weights = np.array([score.frames for score in sequences], dtype=np.float64)
    curves = {name: _average([score.curves[name] for score in sequences], clips, weights, rules) for name in kinds}
    overlap = coverage = None
    if "ao" in rules.metrics:
        means = [np.array([score.metrics["ao"]]) for score in sequences]
        overlap = float(_average(means, clips, weights, rules)[0])
    if "coverage" in rules.metrics:
        coverage = float(np.average([score.metrics["coverage"] for score in sequences], weights=weights))
    reported = _metrics(curves, rules, overlap, coverage)
    metrics: dict[str, float | None] = {**dict.fromkeys(stated_metrics("ope")), **reported}
    return BenchmarkScore(
        tracker=tracker,
        benchmark=benchmark,
        protocol=protocol,
        metrics=metrics,
        curves={name: Curve(kinds[name].grid.thresholds, values) for name, values in curves.items()},
        sequences=sequences,
        sequences_total=total,
        missing=missing,
        notes=notes,
        total_verified=total_verified,
    )


def _average(curves: list[Vector], clips: list[str], frames: Vector, rules: Rules) -> Vector:
    values, frames = pooled(np.stack(curves), clips, frames)
    mean: Vector
    if rules.averaging is Averaging.POOLED:
        mean = np.average(values, axis=0, weights=frames)
    elif rules.averaging is Averaging.MEAN_OF_NONZERO:
        alive = values.any(axis=1)
        mean = values[alive].mean(axis=0) if alive.any() else np.zeros(values.shape[1])
    elif rules.averaging is Averaging.MEAN_FLOAT32:
        mean = values.mean(axis=0).astype(np.float32).astype(np.float64)
    else:
        mean = values.mean(axis=0)
    return mean


def pooled(values: Boxes, clips: list[str], frames: Vector) -> tuple[Boxes, Vector]:
    """Values of runs, weighed by their frames, as values of clips; nothing changes where each clip has one run.

    Runs on one clip, as of OTB's spatial robustness, are counted together, and they are one unit of chance. Twelve runs
    of a tracker from twelve starts on one clip succeed and fail together: intervals and tests that took each of them
    for a sequence of its own would be narrower than the clips warrant by a factor of up to the root of twelve.

    Args:
        values: (R, T) such as the fractions of a curve.
        clips: of each run.
        frames: (R,) of each run.

    Returns:
        (C, T) values and (C,) frames of the clips, in the order of first appearance.

    >>> pooled(np.array([[1.0], [0.0], [0.5]]), ["a", "a", "b"], np.array([30.0, 10.0, 7.0]))
    (array([[0.75],
           [0.5 ]]), array([40.,  7.]))
    """
    names = list(dict.fromkeys(clips))
    if len(names) == len(clips):
        return values, frames
    member = np.array([[clip == name for clip in clips] for name in names], dtype=np.float64) * frames
    total = member.sum(axis=1)
    return member @ values / total[:, None], total


def _summary(values: Vector, rule: CurveRule) -> float:
    if rule.summary is Summary.AT:
        return float(values[rule.at])
    return area(values) if rule.summary is Summary.AREA else float(values.mean())


def area(values: Vector) -> float:
    """Trapezoidal integral of a curve whose thresholds are spread evenly over [0, 1]."""
    return float(np.trapezoid(values, dx=1.0 / (len(values) - 1)))


def _metrics(
    curves: Mapping[str, Vector], rules: Rules, overlap: float | None, coverage: float | None
) -> dict[str, float]:
    """The numbers that the protocol reports, by name."""
    success = curves["success"]
    middle = (len(success) - 1) // 2
    values: dict[str, float | None] = {
        "auc": _summary(success, rules.success),
        "sr50": float(success[middle]),
        "sr75": float(success[middle + middle // 2]),
        "ao": overlap,
        "coverage": coverage,
    }
    if rules.precision is not None:
        values["precision"] = _summary(curves["precision"], rules.precision)
    if rules.normalized is not None:
        values["normalized_precision"] = _summary(curves["normalized_precision"], rules.normalized)
    for curve, rule in curve_rules(rules).items():
        values |= {metric.name: metric.of_curve(rule.grid.thresholds, curves[curve]) for metric in computed_from(curve)}
    return {name: value for name in reported_metrics(rules) if (value := values.get(name)) is not None}


def by_attribute(
    score: BenchmarkScore,
    attributes: Mapping[str, frozenset[str]],
    rules: Rules,
    source: str = "",
    *,
    clip_of: Callable[[str], str] = str,
) -> list[BenchmarkScore]:
    """The same score on the sequences of each attribute, in alphabetical order.

    Args:
        attributes: of each sequence that was scored, is missing or excluded, by name.
        source: who says so.
        clip_of: see :func:`combine`.
    """
    parts = []
    for attribute in sorted(set().union(*attributes.values())):
        chosen = [sequence for sequence in score.sequences if attribute in attributes.get(sequence.sequence, ())]
        missing, excluded = (
            tuple(name for name in names if attribute in attributes.get(name, ()))
            for names in (score.missing, score.excluded)
        )
        if chosen:
            part = combine(
                chosen,
                rules,
                tracker=score.tracker,
                benchmark=score.benchmark,
                protocol=score.protocol,
                total=len(chosen) + len(missing) + len(excluded),
                missing=missing,
                total_verified=score.total_verified,
                clip_of=clip_of,
            )
            part = replace(part, attribute=attribute, attribute_source=source, excluded=excluded)
            parts.append(replace(part, remark=score.remark, shortcoming=score.shortcoming))
    return parts
