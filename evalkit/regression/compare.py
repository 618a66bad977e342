"""Is a tracker worse than its baseline? Paired over sequences (clips), and only where the two can be compared."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

import numpy as np

from evalkit.benchmarks.installed import clips_of
from evalkit.regression.file import Record, SequenceRecord
from evalkit.regression.paired_bound import MeanBounds
from evalkit.regression.verdicts import Comparison, CurveChange, Limits, SequenceChange, Verdict, decide
from evalkit.scoring.aggregation import pooled
from evalkit.scoring.metrics import HEADLINES, METRICS, ranking_metric
from evalkit.suggestions import some
from evalkit.types import Vector

DECIDING_METRICS = tuple(name for name in HEADLINES if METRICS[name].experiment == "ope")
"""What may decide: figures of one pass, since overlap alone says too little where failures are counted apart."""

# Differences of the last bits come from another order of additions; one frame of LaSOT's longest moves an AUC by 4e-6.
FLOAT_NOISE = 1e-9

# Curves are stored with six decimals.
CURVE_NOISE = 1e-6

# Toolkits write results with three decimals or more.
SAME_BOX_PX = 1e-3


def compare(baseline: Record, current: Record, limits: Limits) -> Comparison:
    """Judge the scores of one tracker on one benchmark.

    Returns:
        A comparison whose verdict is "not comparable" (with reasons) where protocol, sequences, annotation or initial
        boxes differ, where the same boxes have other scores, or where one sequence alone shows a difference.
    """
    metric = _deciding_metric(baseline)
    blank = Comparison(current.tracker, current.benchmark, current.protocol, metric, Verdict.NOT_COMPARABLE)
    reasons = differing_conditions(baseline, current, metric)
    if reasons:
        return replace(blank, reasons=reasons)
    changes = _changes(baseline.sequences, current.sequences, lambda record: record.metrics[metric])
    judged = _judge(blank, _by_clip(changes, baseline), limits.max_drop, limits.confidence)
    return replace(judged, identical=_identical(baseline, current), curves=_curve_drops(baseline, current))


def _deciding_metric(record: Record) -> str:
    """The figure that the benchmark ranks by; empty without one. One alone, since each further adds false alarms."""
    known = [name for name in DECIDING_METRICS if record.metrics.get(name) is not None]
    return ranking_metric(known, record.benchmark) or ""


def compare_speed(
    baseline: tuple[Record, Record], current: tuple[Record, Record], limits: Limits, reasons: tuple[str, ...] = ()
) -> Comparison:
    """Judge the speed of a tracker as a ratio to a reference tracker's on the same sequences in the same job.

    Args:
        baseline: records of the tracker and of the reference tracker.
        current: the same of now.
        reasons: known beforehand why the speeds cannot be compared, such as parallel workers.
    """
    tracker, reference = current
    metric = f"speed relative to {reference.tracker}"
    blank = Comparison(tracker.tracker, tracker.benchmark, tracker.protocol, metric, Verdict.NOT_COMPARABLE)
    names = set.intersection(*(set(record.sequences) for record in (*baseline, *current)))
    if not names:
        reasons += ("sequences: none that all four results share",)
    reasons += tuple(
        f"times: the {when} has none of {record.tracker}"
        for when, pair in (("baseline", baseline), ("run", current))
        for record in pair
        if not all(record.sequences[name].seconds for name in names)
    )
    if reasons:
        return replace(blank, reasons=reasons)
    before, after = (_log_ratios(pair, names) for pair in (baseline, current))
    changes = tuple(SequenceChange(name, before[name], after[name]) for name in sorted(names))
    judged = _judge(blank, _by_clip(changes, baseline[0]), -np.log1p(-limits.max_slowdown), limits.confidence)
    return _from_logarithms(judged)


def differing_conditions(baseline: Record, current: Record, metric: str) -> tuple[str, ...]:
    """Why two records cannot be compared, in words that name the difference; empty if they can."""
    if baseline.protocol != current.protocol:
        return (f"protocol: the baseline has {baseline.protocol}, the run {current.protocol}",)
    names, now = set(baseline.sequences), set(current.sequences)
    if names != now:
        sides = ((sorted(names - now), "the run"), (sorted(now - names), "the baseline"))
        return tuple(f"sequences: {some(absent)} not in {where}" for absent, where in sides if absent)
    if baseline.fingerprint != current.fingerprint:
        return ("fingerprint: the benchmark's annotation is not the one of the baseline",)
    pairs = {name: (record, current.sequences[name]) for name, record in baseline.sequences.items()}
    moved = [name for name, (old, new) in pairs.items() if not _same_box(old.initial_box, new.initial_box)]
    if moved:
        return (f"initial boxes: other ones in {some(moved)}",)
    rescored = [name for name, (old, new) in pairs.items() if old.boxes == new.boxes and not _same_scores(old, new)]
    if rescored:
        return (f"evaluation: the same boxes have other scores in {some(rescored)}; write the baseline again",)
    if not metric or any(metric not in record.metrics for pair in pairs.values() for record in pair):
        return (f"metric: none of {', '.join(DECIDING_METRICS)} for every sequence of both",)
    unscored = [n for n, (old, new) in pairs.items() if np.isnan(old.metrics[metric]) != np.isnan(new.metrics[metric])]
    if unscored:
        return (f"metric: no {metric} on one side in {some(unscored)}",)
    return ()


def _judge(blank: Comparison, changes: tuple[SequenceChange, ...], max_drop: float, confidence: float) -> Comparison:
    if not changes:
        return replace(blank, reasons=("sequences: none has a score",))
    differences: Vector = np.array([change.difference for change in changes])
    verdict, bounds = decide(differences, max_drop, confidence)
    if len(changes) == 1 and abs(bounds.mean) > max_drop:
        reason = f"sequences: a difference of {bounds.mean:+.4f} in a single one can be neither claimed nor excluded"
        return replace(blank, reasons=(reason,))
    return replace(
        blank,
        verdict=verdict,
        before=float(np.mean([change.before for change in changes])),
        after=float(np.mean([change.after for change in changes])),
        difference=bounds,
        changes=tuple(sorted(changes, key=lambda change: (change.difference, change.sequence))),
    )


def _changes(
    before: Mapping[str, SequenceRecord], after: Mapping[str, SequenceRecord], value: Callable[[SequenceRecord], float]
) -> tuple[SequenceChange, ...]:
    pairs = (SequenceChange(name, value(record), value(after[name])) for name, record in before.items())
    return tuple(pair for pair in pairs if not np.isnan(pair.before))


def _by_clip(changes: tuple[SequenceChange, ...], record: Record) -> tuple[SequenceChange, ...]:
    """The changes of clips where several sequences of the record are runs on one, see :func:`pooled`."""
    names = [change.sequence for change in changes]
    clips = clips_of(record.benchmark, names)
    if len(set(clips)) == len(clips):
        return changes
    frames = np.array([record.sequences[name].frames for name in names], dtype=np.float64)
    values = pooled(np.array([[change.before, change.after] for change in changes]), clips, frames)[0].tolist()
    return tuple(SequenceChange(clip, *pair) for clip, pair in zip(dict.fromkeys(clips), values, strict=True))


def _identical(baseline: Record, current: Record) -> int:
    """How many sequences have the same boxes as before; of runs on one clip, the clips of which all runs have."""
    changed = [name for name, record in current.sequences.items() if baseline.sequences[name].boxes != record.boxes]
    return len({*clips_of(current.benchmark, current.sequences)} - {*clips_of(current.benchmark, changed)})


def _curve_drops(baseline: Record, current: Record) -> tuple[CurveChange, ...]:
    """Where each curve that both have fell most; curves that fell nowhere are left out."""
    drops = []
    for name, old in baseline.curves.items():
        new = current.curves.get(name)
        if new is None or len(new.values) != len(old.values) or not len(old.values):
            continue
        fall = np.nan_to_num(old.values - new.values, nan=0.0)
        at = int(np.argmax(fall))
        if fall[at] > CURVE_NOISE:
            drops.append(CurveChange(name, float(old.thresholds[at]), float(old.values[at]), float(new.values[at])))
    return tuple(drops)


def _same_box(first: tuple[float, ...] | None, second: tuple[float, ...] | None) -> bool:
    if first is None or second is None:
        return first is second
    return bool(np.allclose(first, second, rtol=0.0, atol=SAME_BOX_PX))


def _same_scores(first: SequenceRecord, second: SequenceRecord) -> bool:
    shared = first.metrics.keys() & second.metrics.keys()
    old, new = (np.array([record.metrics[name] for name in shared]) for record in (first, second))
    return bool(np.allclose(old, new, rtol=0.0, atol=FLOAT_NOISE, equal_nan=True))


def _log_ratios(pair: tuple[Record, Record], names: Collection[str]) -> dict[str, float]:
    """Logarithm of how many times faster the tracker is than the reference, by sequence."""
    seconds = ({name: record.sequences[name].seconds or np.nan for name in names} for record in pair)
    tracker, reference = seconds
    return {name: float(np.log(reference[name] / tracker[name])) for name in names}


def _from_logarithms(judged: Comparison) -> Comparison:
    bounds = judged.difference
    with np.errstate(over="ignore"):  # an upper bound of two sequences may be no number: infinite
        mean, lower, upper = np.expm1([bounds.mean, bounds.lower, bounds.upper]).tolist()
    return replace(
        judged,
        before=float(np.exp(judged.before)),
        after=float(np.exp(judged.after)),
        difference=MeanBounds(mean, lower, upper),
        changes=tuple(SequenceChange(c.sequence, np.exp(c.before), np.exp(c.after)) for c in judged.changes),
    )
