"""Guarding accuracy as two calls: keep the scores of a run, and hold a later run against them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.errors import InputError
from evalkit.suggestions import as_names

if TYPE_CHECKING:
    from evalkit.regression.checking import Check
    from evalkit.regression.file import Baseline, Record
    from evalkit.regression.verdicts import Comparison, Verdict
    from evalkit.results.store import Run
    from evalkit.results.tracker_results import TrackerResults
    from evalkit.scoring.evaluate import Caveat, Refused, Tell, Told
    from evalkit.scoring.opening import Annotation

_Protocols = Callable[[str, str], tuple[str, ...]]


@dataclass(frozen=True)
class Recorded:
    """What :func:`baseline` keeps of a run.

    Attributes:
        baseline: scores of all sequences, curves, and fingerprints.
        caveats: what to know about them.
        refused: trackers that are not in it, each with the reason.
    """

    baseline: Baseline
    caveats: tuple[Caveat, ...] = ()
    refused: tuple[Refused, ...] = ()

    def write(self, path: str | Path) -> None:
        """Write the file that :func:`check` reads, whole or not at all; raises InputError if it cannot be written."""
        from evalkit.regression.file import write_baseline

        write_baseline(self.baseline, Path(path))


@dataclass(frozen=True)
class Checked:
    """What :func:`check` came to.

    Attributes:
        check: every comparison with its verdict, and what was not checked.
        caveats: what to know about the figures.
        refused: trackers whose results cannot be scored, each with the reason.
    """

    check: Check
    caveats: tuple[Caveat, ...] = ()
    refused: tuple[Refused, ...] = ()

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """Each tracker on each benchmark under each protocol, before and after."""
        return self.check.comparisons

    @property
    def verdict(self) -> Verdict:
        """The gravest of all."""
        return self.check.verdict

    def __str__(self) -> str:
        from evalkit.regression.ci_output import sentence

        unchecked = (f"not checked: {line}" for line in self.check.unchecked)
        return "\n".join((*map(sentence, self.comparisons), *unchecked, *map(str, self.caveats + self.refused)))


def baseline(
    results: str | Path,
    *,
    out: str | Path | None = None,
    on: str | Iterable[str] = (),
    data: str | Path | None = None,
    annotations: str | Path | None = None,
    protocols: str | Iterable[str] = (),
    tell: Tell | None = None,
) -> Recorded:
    """Keep what a later run is compared with: scores of all sequences, curves, and fingerprints.

    Args:
        results: as :func:`evalkit.score` takes them; parts of a benchmark are kept as they are.
        out: the file to write, if any.
        on: benchmarks; all that our own runs have results on if empty.
        data, annotations, protocols, tell: as :func:`evalkit.score` takes them.

    Raises:
        InputError: no results, no annotation, no tracker that can be scored, or a file that cannot be written.

    Example:
        >>> kept = baseline("results", on="folder", data="clips", out="baseline.json")
        >>> [(record.tracker, round(record.metrics["auc"], 4)) for record in kept.baseline.records]
        [('mine', 0.881), ('theirs', 0.8095)]
    """
    from evalkit.regression.file import Baseline
    from evalkit.running.hardware import installed
    from evalkit.scoring.evaluate import Told
    from evalkit.scoring.front import tell_refused
    from evalkit.scoring.opening import as_folder, benchmarks_present, chosen_benchmarks

    folder, told, rules = as_folder(results), Told(tell), as_names(protocols)
    benchmarks = chosen_benchmarks(as_names(on)) or benchmarks_present(folder)
    records, refused = _record_all(folder, benchmarks, data, annotations, lambda *_: rules, told)
    tell_refused(refused, records, told)
    written_by = installed(("stdtrack",)).get("stdtrack", "")
    kept = Recorded(Baseline((), written_by).updated(tuple(records)), tuple(told.caveats), tuple(refused))
    if out is not None:
        kept.write(out)
    return kept


def check(
    results: str | Path,
    baseline: str | Path | Baseline,
    *,
    on: str | Iterable[str] = (),
    data: str | Path | None = None,
    annotations: str | Path | None = None,
    protocols: str | Iterable[str] = (),
    max_drop: float = 0.005,
    confidence: float = 0.95,
    speed_reference: str | None = None,
    max_slowdown: float = 0.15,
    complete: bool = False,
    tell: Tell | None = None,
) -> Checked:
    """Compare results with a baseline, paired over sequences.

    Worse is a mean drop above ``max_drop`` whose one-sided bound lies below zero.

    Args:
        results: the path of a folder or an archive, as :func:`evalkit.score` takes it.
        baseline: the file that :func:`baseline` wrote, or what it keeps.
        on: benchmarks; all that both sides have if empty.
        protocols: rules; those of the baseline if empty.
        data, annotations, tell: as :func:`evalkit.score` takes them.
        max_drop: mean drop that is tolerated, a fraction.
        confidence: of the one-sided bound that a drop must also pass.
        speed_reference: a tracker; speeds are compared too, as ratios to this one's in the same results.
        max_slowdown: loss of that ratio that is tolerated, a fraction.
        complete: a tracker of the baseline that has no results is not comparable; else it is named in ``unchecked``.

    Raises:
        InputError: no readable baseline, limits that are none, or sides that share no tracker on any benchmark.

    Example:
        >>> kept = baseline("results", on="folder", data="clips").baseline
        >>> check("results", kept, on="folder", data="clips").verdict.value
        'same'
    """
    from evalkit.regression.checking import check_accuracy, check_speed
    from evalkit.regression.file import Baseline, read_baseline
    from evalkit.regression.verdicts import Limits
    from evalkit.scoring.evaluate import Told
    from evalkit.scoring.front import tell_refused
    from evalkit.scoring.opening import as_folder, chosen_benchmarks, runs_by_pair

    known = baseline if isinstance(baseline, Baseline) else read_baseline(Path(baseline))
    limits, told = Limits(max_drop, confidence, max_slowdown), Told(tell)
    folder, rules = as_folder(results), as_names(protocols)

    def rules_of(tracker: str, benchmark: str) -> tuple[str, ...]:
        return rules or tuple(record.protocol for record in known.select(tracker, benchmark))

    chosen = chosen_benchmarks(as_names(on))
    benchmarks = chosen or _shared_benchmarks(folder, known)
    records, refused = _record_all(folder, benchmarks, data, annotations, rules_of, told)
    tell_refused(refused, records, told)
    wanted = (records if chosen else known.records) if complete else ()
    done = check_accuracy(known, records, limits, refused, {record.benchmark for record in wanted})
    if speed_reference is not None:
        manifests = {pair: run.manifest for pair, run in runs_by_pair(folder).items()}
        speeds = check_speed(known, records, speed_reference, limits, manifests)
        done = replace(done, comparisons=done.comparisons + speeds)
    return Checked(done, tuple(told.caveats), tuple(refused))


def _record_all(
    results: Path,
    benchmarks: Sequence[str],
    data: str | Path | None,
    annotations: str | Path | None,
    protocols: _Protocols,
    told: Told,
) -> tuple[list[Record], list[Refused]]:
    """Records of every tracker that has results on the benchmarks, and the trackers that cannot be scored.

    Args:
        protocols: names of the rules to score by, from tracker and benchmark; none for the benchmark's own.
    """
    from evalkit.scoring.evaluate import Refused
    from evalkit.scoring.front import refuse_empty
    from evalkit.scoring.opening import as_path, open_annotation, read_results, runs_by_pair

    records: list[Record] = []
    refused: list[Refused] = []
    for benchmark in benchmarks:
        annotation = open_annotation(results, benchmark, as_path(data), as_path(annotations))
        key, runs = annotation.benchmark.key, runs_by_pair(results)
        trackers, notes = read_results(results, annotation)
        told.add(annotation.benchmark.name, notes)
        refused += [replace(tracker, benchmark=key) for tracker in refuse_empty(trackers, annotation)]
        for tracker in trackers:
            chosen = protocols(tracker.tracker, key) or (annotation.benchmark.protocol,)
            try:
                records += _record(results, tracker, annotation, runs.get((tracker.tracker, key)), chosen, told)
            except InputError as error:
                refused.append(Refused(tracker.tracker, key, error))
    return records, refused


def _record(
    root: Path, results: TrackerResults, annotation: Annotation, run: Run | None, protocols: Sequence[str], told: Told
) -> list[Record]:
    from evalkit.regression.from_scores import believable_seconds, record_results
    from evalkit.scoring.opening import missing_sequences
    from evalkit.scoring.tracker import load_results
    from evalkit.scoring.vot.scoring import holds_supervised

    name = annotation.benchmark.name
    if holds_supervised(results, name):
        problem = f"{results.tracker} on {name} has results of VOT's supervised experiment"
        raise InputError(problem, path=root, hint="only one-pass results can be compared sequence by sequence")
    loaded = load_results(results)
    missing = missing_sequences(results.files, annotation)
    if missing:
        total = annotation.inventory.total
        told.add(f"{results.tracker} on {name}", (f"{total - len(missing)} of {total} sequences",))
    seconds = believable_seconds(run) if run else None
    return [record_results(loaded, annotation, protocol, seconds) for protocol in protocols]


def _shared_benchmarks(results: Path, baseline: Baseline) -> tuple[str, ...]:
    """Benchmarks of the baseline that the results are on; all of the baseline's for other people's trees."""
    from evalkit.scoring.opening import runs_by_pair

    known = {record.benchmark for record in baseline.records}
    present = {benchmark for _, benchmark in runs_by_pair(results)}
    shared = tuple(sorted(known & present if present else known))
    if not shared:
        sides = (", ".join(sorted(side)) or "nothing" for side in (present, known))
        hint = "it has results on {}, the baseline on {}".format(*sides)
        raise InputError("results and baseline share no benchmark", path=results, hint=hint)
    return shared
