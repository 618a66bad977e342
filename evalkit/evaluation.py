"""Many trackers under many protocols: cached, and in several processes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from evalkit.benchmarks.vot import YEARS
from evalkit.errors import InputError
from evalkit.importers.files import ResultFile
from evalkit.importers.times import got10k_speed
from evalkit.importers.trees import TrackerResults
from evalkit.protocols import default_protocol
from evalkit.score_cache import read_score, score_key, write_score
from evalkit.scores import BenchmarkScore
from evalkit.scoring import Annotation, load_results, odd_annotations, score_tracker

if TYPE_CHECKING:
    from evalkit.crew import Crew


@dataclass(frozen=True)
class Refused:
    """A tracker that cannot be scored on a benchmark, and why."""

    tracker: str
    benchmark: str
    error: InputError


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
        InputError: see :func:`evalkit.scoring.score_tracker`.
    """
    if results.fault is not None:
        raise results.fault
    speed = got10k_speed(results) if annotation.family == "got10k" else None
    results = _in_memory(results)
    names = tuple(protocols) or (default_protocol(annotation.family),)
    keys = {name: score_key(results, annotation.digest, name) for name in names} if cached else {}
    entries = {} if keep_frames else {name: entry for name, key in keys.items() if (entry := read_score(key))}
    scores = {name: score for name, (score, _) in entries.items()}
    notes = next((notes for _, notes in entries.values()), ())
    wanted = tuple(name for name in names if name not in scores)
    if wanted:
        fresh, notes = _score(results, annotation, wanted, keep_frames)
        for score in fresh:
            scores[score.protocol] = score
            if cached:
                write_score(keys[score.protocol], score, notes)
    if speed is not None:
        notes = (*notes, f"{speed:.4g} frames a second, the mean of 1/t that GOT-10k's toolkit reports")
    excluded = annotation.inventory.excluded
    marked = tuple(replace(scores[name], remark=results.remark, excluded=excluded) for name in names)
    return Evaluated(results.tracker, marked, notes)


def evaluate_all(
    trackers: Sequence[TrackerResults],
    annotation: Annotation,
    protocols: Sequence[str] = (),
    *,
    crew: Crew | None = None,
    keep_frames: bool = False,
) -> list[Evaluated | Refused]:
    """Score trackers in their order, in this process alone or in those of a crew; one that cannot be is no obstacle."""
    evaluate_one = partial(_try, annotation=annotation, protocols=tuple(protocols), keep_frames=keep_frames)
    return [evaluate_one(results) for results in trackers] if crew is None else crew.map(evaluate_one, trackers)


def _try(
    results: TrackerResults, *, annotation: Annotation, protocols: Sequence[str], keep_frames: bool
) -> Evaluated | Refused:
    try:
        return evaluate(results, annotation, protocols, keep_frames=keep_frames)
    except InputError as error:
        return Refused(results.tracker, annotation.benchmark.name, error)


def _score(
    results: TrackerResults, annotation: Annotation, protocols: Sequence[str], keep_frames: bool
) -> tuple[list[BenchmarkScore], tuple[str, ...]]:
    if annotation.benchmark.name in YEARS:
        from evalkit.vot.scoring import holds_supervised, score_supervised  # other benchmarks do without

        if holds_supervised(results, annotation.benchmark.name):
            supervised = [score_supervised(results, annotation, name) for name in protocols]
            return supervised, (*results.notes, *_odd_annotations(supervised, annotation))
    if "vot-toolkit" in protocols:
        raise InputError("protocol 'vot-toolkit' needs results of VOT's supervised experiment", hint="these are not")
    loaded = load_results(results)
    scores = [score_tracker(loaded, annotation, name, keep_frames=keep_frames) for name in protocols]
    return scores, (*loaded.notes, *_odd_annotations(scores, annotation))


def _odd_annotations(scores: Sequence[BenchmarkScore], annotation: Annotation) -> tuple[str, ...]:
    return odd_annotations(annotation, [each.sequence for each in scores[0].sequences])


def _in_memory(results: TrackerResults) -> TrackerResults:
    """The same results with the files' content, which is hashed and then parsed."""
    files = {
        sequence: tuple(ResultFile(file.place, file.read()) for file in repetitions)
        for sequence, repetitions in results.files.items()
    }
    return replace(results, files=files)
