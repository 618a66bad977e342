"""Many trackers under many protocols, and what there is to tell of them besides figures, as data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from evalkit.errors import InputError
from evalkit.results.tracker_results import TrackerResults
from evalkit.running.steps import steps
from evalkit.scoring.cache import read_score, subject_of, write_score
from evalkit.scoring.opening import Annotation, odd_annotations, scored_sequences
from evalkit.scoring.protocols import AnyRules, rules_of_pass, supervised_rules
from evalkit.scoring.rules import LongTermRules, SupervisedRules
from evalkit.scoring.scores import BenchmarkScore
from evalkit.scoring.tracker import load_results, score_tracker
from evalkit.suggestions import some

if TYPE_CHECKING:
    from evalkit.running.process_map import Crew


@dataclass(frozen=True)
class Caveat:
    """One thing to know, such as how results were read or what a benchmark on disk lacks.

    Attributes:
        subject: what it is about: a benchmark, trackers on a benchmark, a file.
        text: what to know about it, in one line.
    """

    subject: str
    text: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.text}"


@dataclass(frozen=True)
class Refused:
    """A tracker that cannot be scored on a benchmark, and why."""

    tracker: str
    benchmark: str
    error: InputError

    def __str__(self) -> str:
        return f"{self.tracker} on {self.benchmark} is left out: {self.error}"


Tell = Callable[[Caveat | Refused], None]
"""Is called with each caveat and each refused tracker as soon as it is known, hence also before an error."""


class Told:
    """Collects caveats and refused trackers in their order, and passes each on to a listener.

    Args:
        tell: the listener; None where nobody listens.
    """

    def __init__(self, tell: Tell | None = None) -> None:
        self.caveats: list[Caveat] = []
        self.listened = tell is not None
        self._tell: Tell = tell or (lambda _: None)

    def add(self, subject: str, texts: Iterable[str]) -> None:
        """Note a caveat for each text."""
        for text in texts:
            self.caveats.append(Caveat(subject, text))
            self._tell(self.caveats[-1])

    def refuse(self, refused: Iterable[Refused]) -> None:
        """Pass on the trackers that are left out."""
        for tracker in refused:
            self._tell(tracker)


def left_out(refused: Iterable[Refused]) -> str:
    """The trackers that were left out, each once and the first by name; empty if there are none."""
    return some(list(dict.fromkeys(tracker.tracker for tracker in refused)))


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
    for chosen in rules.values():
        for sequence in scored_sequences(results.files, annotation, chosen):
            annotation.sequence(sequence)  # what is wrong with it is told first, whether or not the cache needs it
    subjects = {
        name: subject_of(results, annotation, name, chosen)
        for name, chosen in rules.items()
        if cached and not isinstance(chosen, LongTermRules)  # which are quick, and rest on more files
    }
    known = {} if keep_frames else {name: kept for name, subject in subjects.items() if (kept := read_score(subject))}
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
    notes += odd_annotations(annotation, [sequence.sequence for sequence in scores[names[0]].sequences])
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
    for name, chosen in rules.items():
        if isinstance(chosen, SupervisedRules):
            from evalkit.scoring.vot.scoring import score_supervised  # other benchmarks do without

            scores.append(score_supervised(results, annotation, name))
        elif isinstance(chosen, LongTermRules):
            from evalkit.scoring.longterm.scoring import score_long_term

            scores.append(score_long_term(results, annotation, name, chosen, keep_frames=keep_frames))
        else:
            loaded = loaded or load_results(results)
            scores.append(score_tracker(loaded, annotation, name, keep_frames=keep_frames, rules=chosen))
    return scores, () if loaded is None else loaded.notes


def _are_supervised(results: TrackerResults, annotation: Annotation) -> bool:
    if not annotation.benchmark.experiment_folder:
        return False
    from evalkit.scoring.vot.scoring import holds_supervised

    return holds_supervised(results, annotation.benchmark.name)


def _in_memory(results: TrackerResults) -> TrackerResults:
    """The same results with the files' content, which is hashed and then parsed."""
    files = {
        sequence: tuple(replace(file, source=file.read()) for file in repetitions)
        for sequence, repetitions in results.files.items()
    }
    return replace(results, files=files)
