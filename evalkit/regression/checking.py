"""A whole check: every record of a run against a baseline, in accuracy and, if asked for, in relative speed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from evalkit.errors import InputError
from evalkit.regression.compare import compare, compare_speed
from evalkit.regression.file import Baseline, Record
from evalkit.regression.verdicts import Comparison, Limits, Verdict
from evalkit.results.manifest import Manifest
from evalkit.scoring.evaluate import Refused
from evalkit.suggestions import nearest


@dataclass(frozen=True)
class Check:
    """What a check came to; ``unchecked`` says, a line each, what only one side has."""

    comparisons: tuple[Comparison, ...]
    unchecked: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The gravest: worse, then not comparable, then same, then better."""
        gravest = (Verdict.WORSE, Verdict.NOT_COMPARABLE, Verdict.SAME, Verdict.BETTER)
        return min((comparison.verdict for comparison in self.comparisons), key=gravest.index)


def check_accuracy(
    baseline: Baseline,
    records: Sequence[Record],
    limits: Limits,
    refused: Sequence[Refused] = (),
    complete: Collection[str] = (),
) -> Check:
    """Compare what both sides have of the benchmarks in ``records``.

    Args:
        refused: trackers whose results cannot be scored: those of the baseline are not comparable.
        complete: benchmarks of which the results must have every tracker of the baseline, or are not comparable.

    Raises:
        InputError: they share no tracker on any benchmark.
    """
    comparisons, unchecked = [], []
    for record in records:
        known = baseline.select(record.tracker, record.benchmark)
        if known:
            same_rules = [other for other in known if other.protocol == record.protocol]
            comparisons.append(compare((same_rules or list(known))[0], record, limits))
        else:
            unchecked.append(f"{record.tracker} on {record.benchmark} is not in the baseline")
    comparisons += [
        _not_comparable(old, str(one.error)) for one in refused for old in baseline.select(one.tracker, one.benchmark)
    ]
    have = {(record.tracker, record.benchmark) for record in records}
    have |= {(one.tracker, one.benchmark) for one in refused}
    gone = [old for old in baseline.records if (old.tracker, old.benchmark) not in have]
    benchmarks = {record.benchmark for record in records}.difference(complete)
    unchecked += [
        f"{old.tracker} on {old.benchmark} is in the baseline, but has no results"
        for old in gone
        if old.benchmark in benchmarks
    ]
    if not comparisons:
        known_pairs = sorted({f"{record.tracker} on {record.benchmark}" for record in baseline.records})
        hint = f"the baseline has {', '.join(known_pairs) or 'nothing'}"
        raise InputError("results and baseline share no tracker on the same benchmark", hint=hint)
    comparisons += [
        _not_comparable(old, "none, but the baseline has some") for old in gone if old.benchmark in complete
    ]
    return Check(tuple(comparisons), tuple(dict.fromkeys(unchecked)))


def _not_comparable(old: Record, results: str) -> Comparison:
    """A tracker of the baseline that there is nothing to compare with; ``results`` says what is wrong with its own."""
    reasons = (f"results: {results}",)
    return Comparison(old.tracker, old.benchmark, old.protocol, "", Verdict.NOT_COMPARABLE, reasons)


def check_speed(
    baseline: Baseline,
    records: Sequence[Record],
    reference: str,
    limits: Limits,
    manifests: Mapping[tuple[str, str], Manifest | None],
) -> tuple[Comparison, ...]:
    """Compare speeds as ratios to ``reference``, a tracker that both sides have on the same benchmarks.

    Args:
        manifests: of the run, by tracker and benchmark.

    Raises:
        InputError: the reference tracker is missing on one side, or nothing is there to compare with it.
    """
    comparisons = []
    for benchmark in sorted({record.benchmark for record in records}):
        before, after = (_first_by_tracker(side, benchmark) for side in (baseline.records, records))
        for side, name in ((before, "baseline"), (after, "run")):
            if reference not in side:
                near = nearest(reference, side)
                there = f"it has {', '.join(sorted(side)) or 'nothing'} on {benchmark}"
                hint = f"did you mean '{near}'? {there}" if near else there
                raise InputError(f"the reference tracker '{reference}' is not in the {name}", hint=hint)
        for tracker in sorted((before.keys() & after.keys()) - {reference}):
            then, now = ((side[tracker], side[reference]) for side in (before, after))
            reasons = speed_obstacles(*(manifests.get((name, benchmark)) for name in (tracker, reference)))
            comparisons.append(compare_speed(then, now, limits, reasons))
    if not comparisons:
        raise InputError(f"no tracker but '{reference}' is in both results and baseline", hint="leave the speeds out")
    return tuple(comparisons)


def speed_obstacles(tracker: Manifest | None, reference: Manifest | None) -> tuple[str, ...]:
    """Why the speeds of two runs are no measure of each other; what has no manifest is believed."""
    known = [manifest for manifest in (tracker, reference) if manifest is not None]
    if any(manifest.workers > 1 for manifest in known):
        return ("speed: several workers shared the machine; run with --workers 1",)
    if any(manifest.mixed for manifest in known):
        return ("speed: a run was resumed with other threads, versions or hardware; run it --fresh",)
    if len({manifest.threads for manifest in known}) > 1:
        return ("speed: tracker and reference ran with different numbers of threads",)
    if len({str(manifest.hardware.get("cpu")) for manifest in known}) > 1:
        return ("speed: tracker and reference ran on different processors; run both in one job",)
    return ()


def _first_by_tracker(records: Iterable[Record], benchmark: str) -> dict[str, Record]:
    """One record a tracker: times are the same under every protocol."""
    return {record.tracker: record for record in reversed(tuple(records)) if record.benchmark == benchmark}
