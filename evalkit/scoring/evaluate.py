"""Many trackers under many protocols: cached, and in several processes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import TYPE_CHECKING

from evalkit.errors import InputError
from evalkit.results.files import ResultFile
from evalkit.results.tracker_results import TrackerResults
from evalkit.running.steps import steps
from evalkit.scoring.cache import Subject, code_digest, read_score, write_score
from evalkit.scoring.cache_entries import form_of
from evalkit.scoring.digests import digest_of
from evalkit.scoring.protocols import AnyRules, rules_of_pass, supervised_rules
from evalkit.scoring.rules import LongTermRules, Rules, SupervisedRules
from evalkit.scoring.scores import BenchmarkScore
from evalkit.scoring.tracker import (
    Annotation,
    load_results,
    missing_sequences,
    odd_annotations,
    score_tracker,
    scored_sequences,
)

if TYPE_CHECKING:
    from evalkit.running.process_map import Crew

# Of a tracker's results, what is told beside the score or does not reach it.
_NOT_SCORED = frozenset({"files", "tracker", "notes", "remark", "likely", "left_out", "times", "confidences", "visible",
                         "strays", "fault", "options"})  # fmt: skip


@dataclass(frozen=True)
class Refused:
    """A tracker that cannot be scored on a benchmark, and why."""

    tracker: str
    benchmark: str
    error: InputError

    def __str__(self) -> str:
        return f"{self.tracker} on {self.benchmark} is left out: {self.error}"


@dataclass(frozen=True)
class Evaluated:
    """One tracker's scores, a protocol each, and how its results were read."""

    tracker: str
    scores: tuple[BenchmarkScore, ...]
    notes: tuple[str, ...]


def evaluate(
    results: TrackerResults,
    annotation: Annotation,
    protocols: Sequence[str] = (),
    *,
    keep_frames: bool = False,
    cached: bool = True,
) -> Evaluated:
    """Score one tracker.

    Args:
        protocols: names; the benchmark's own if empty.
        keep_frames: keep per-frame boxes, overlaps and errors, which the cache does not hold.
        cached: take what the cache holds, and add to it.

    Raises:
        InputError: see :func:`evalkit.scoring.tracker.score_tracker`.
    """
    if results.fault is not None:
        raise results.fault
    speed = _speed(results) if annotation.family == "got10k" else None
    results = _in_memory(results)
    names = tuple(protocols) or (annotation.benchmark.protocol,)
    supervised = _are_supervised(results, annotation)
    rules: dict[str, AnyRules] = {
        name: supervised_rules(name) if supervised else rules_of_pass(name, annotation.family) for name in names
    }
    for each in rules.values():
        for sequence in scored_sequences(results.files, annotation, each):
            annotation.sequence(sequence)  # what is wrong with it is told first, whether or not the cache needs it
    subjects = {
        name: _subject(results, annotation, name, each)
        for name, each in rules.items()
        if cached and not isinstance(each, LongTermRules)  # which are quick, and rest on more files
    }
    known = {} if keep_frames else {name: found for name, of in subjects.items() if (found := read_score(of))}
    scores = {name: score for name, (score, _) in known.items()}
    read = next((read for _, read in known.values()), ())
    wanted = tuple(name for name in names if name not in scores)
    if wanted:
        fresh, read = _score(results, annotation, {name: rules[name] for name in wanted}, keep_frames)
        for score in fresh:
            scores[score.protocol] = score
            if score.protocol in subjects:
                write_score(subjects[score.protocol], score, read)
    notes = _joined(results.notes, read)
    notes += odd_annotations(annotation, [each.sequence for each in scores[names[0]].sequences])
    if speed is not None:
        notes = (*notes, f"{speed:.4g} frames a second, the mean of 1/t that GOT-10k's toolkit reports")
    excluded = annotation.inventory.excluded
    marked = tuple(replace(scores[name], remark=results.remark, excluded=excluded) for name in names)
    return Evaluated(results.tracker, marked, notes)


def _joined(tree: Sequence[str], content: Sequence[str]) -> tuple[str, ...]:
    """How a tree was read, and what its files' content told; the first of both is one line.

    >>> _joined(("2 files of 2 sequences",), ("delimiter: comma", "1 row is no box"))
    ('2 files of 2 sequences, delimiter: comma', '1 row is no box')
    """
    if not (tree and content):
        return (*tree, *content)
    return (f"{tree[0]}, {content[0]}", *tree[1:], *content[1:])


def _speed(results: TrackerResults) -> float | None:
    from evalkit.results.speed import got10k_speed  # needs pandas, which scoring does without

    return got10k_speed(results)


def evaluate_all(
    trackers: Sequence[TrackerResults],
    annotation: Annotation,
    protocols: Sequence[str] = (),
    *,
    crew: Crew | None = None,
    keep_frames: bool = False,
    cached: bool = True,
) -> list[Evaluated | Refused]:
    """Score trackers in their order, in this process alone or in those of a crew; one that cannot be is no obstacle."""
    evaluate_one = partial(
        _try, annotation=annotation, protocols=tuple(protocols), keep_frames=keep_frames, cached=cached
    )
    what = f"scoring {annotation.benchmark.key}"
    if crew is not None:
        return crew.map(evaluate_one, trackers, what)
    return [evaluate_one(results) for results in steps(what, trackers)]


def _try(
    results: TrackerResults, *, annotation: Annotation, protocols: Sequence[str], keep_frames: bool, cached: bool
) -> Evaluated | Refused:
    try:
        return evaluate(results, annotation, protocols, keep_frames=keep_frames, cached=cached)
    except InputError as error:
        return Refused(results.tracker, annotation.benchmark.name, error)


def _score(
    results: TrackerResults, annotation: Annotation, rules: Mapping[str, AnyRules], keep_frames: bool
) -> tuple[list[BenchmarkScore], tuple[str, ...]]:
    """The score under each of these protocols, and what the files' content told."""
    scores, loaded = [], None
    for name, each in rules.items():
        if isinstance(each, SupervisedRules):
            from evalkit.scoring.vot.scoring import score_supervised  # other benchmarks do without

            scores.append(score_supervised(results, annotation, name))
        elif isinstance(each, LongTermRules):
            from evalkit.scoring.longterm.scoring import score_long_term

            scores.append(score_long_term(results, annotation, name, each, keep_frames=keep_frames))
        else:
            loaded = loaded or load_results(results)
            scores.append(score_tracker(loaded, annotation, name, keep_frames=keep_frames))
    return scores, () if loaded is None else loaded.notes


def _are_supervised(results: TrackerResults, annotation: Annotation) -> bool:
    if not annotation.benchmark.experiment_folder:
        return False
    from evalkit.scoring.vot.scoring import holds_supervised

    return holds_supervised(results, annotation.benchmark.name)


def _subject(results: TrackerResults, annotation: Annotation, protocol: str, rules: Rules | SupervisedRules) -> Subject:
    """What the cache is asked for: its key covers everything that :func:`_score` looks at."""
    scored = scored_sequences(results.files, annotation, rules)
    key = digest_of(code_digest(), protocol, rules, annotation.digest(scored), _digest_of_results(results))
    blank = BenchmarkScore(
        tracker=results.tracker,
        benchmark=annotation.benchmark.key,
        protocol=protocol,
        metrics={},
        curves={},
        sequences=(),
        sequences_total=annotation.inventory.total,
        missing=missing_sequences(results, annotation),
        total_verified=annotation.inventory.verified,
        experiment="supervised" if isinstance(rules, SupervisedRules) else "ope",
    )
    return Subject(key.hex(), form_of(scored, rules), blank)


def _digest_of_results(results: TrackerResults) -> bytes:
    """SHA-256 of the files' content and of what tells how it is read; who made them and where they lie is no part."""
    facts = {item.name: getattr(results, item.name) for item in fields(results) if item.name not in _NOT_SCORED}
    kept = [item.name for item in fields(ResultFile) if item.name not in ("place", "source")]
    contents = [
        (sequence, [(file.name, file.read(), *(getattr(file, item) for item in kept)) for file in runs])
        for sequence, runs in results.files.items()
    ]
    return digest_of(facts, contents)


def _in_memory(results: TrackerResults) -> TrackerResults:
    """The same results with the files' content, which is hashed and then parsed."""
    files = {
        sequence: tuple(replace(file, source=file.read()) for file in repetitions)
        for sequence, repetitions in results.files.items()
    }
    return replace(results, files=files)
