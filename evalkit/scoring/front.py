"""Scoring as one call: from a folder of results to scores.

Nothing heavy is imported before the helping processes have been started.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.errors import InputError
from evalkit.scoring.scored import Scored, Scores, no_attributes, require_grouping
from evalkit.suggestions import as_names, some

if TYPE_CHECKING:
    from evalkit.results.given import Given
    from evalkit.results.tracker_results import TrackerResults
    from evalkit.running.process_map import Crew
    from evalkit.scoring.evaluate import Evaluated, Refused, Tell, Told
    from evalkit.scoring.opening import Annotation

_NAMED = 10  # sequences that a message names of those that are missing


def score(
    results: str | Path | Given,
    *,
    on: str | Iterable[str],
    data: str | Path | None = None,
    annotations: str | Path | None = None,
    protocols: str | Iterable[str] = (),
    partial: bool = False,
    exclude: str | Iterable[str] = (),
    by: str | None = None,
    keep_frames: bool = False,
    workers: int = 1,
    cache: bool = True,
    tell: Tell | None = None,
) -> Scores:
    """Score raw results by each benchmark's own rules, or by those of other toolkits.

    Args:
        results: a folder that a run wrote, other people's tree (flat, pytracking, OSTrack, got10k, pysot, VOT), or a
            .zip or .tar.xz of one; or boxes in memory, ``{tracker: {sequence: (N, 4)}}``, 0-based x, y, w, h.
        on: benchmarks with options, such as ``"otb100"``, ``"otb100,lasot"`` or ``["got10k?split=val"]``.
        data: root of several benchmarks, or of one; STDTRACK_DATA, what the runs recorded, or ``stdtrack.toml``
            otherwise.
        annotations: annotations without images, instead of ``data``.
        protocols: names of rules, such as ``["official", "pysot"]``; each benchmark's own if empty.
        partial: score a part of a benchmark; without it a tracker that lacks sequences is refused.
        exclude: shell patterns of sequences that are left out.
        by: ``attribute`` for scores on the sequences of each attribute too.
        keep_frames: keep boxes and overlaps of every frame, for :meth:`Scores.per_frame`; such scores are not cached.
        workers: processes; each scores a part of the trackers.
        cache: take scores from the user's cache, and add to it.
        tell: is called with each caveat and refused tracker as soon as it is known.

    Returns:
        The scores. Trackers that cannot be scored are in ``refused``.

    Raises:
        InputError: no results, no annotation, an unknown name, or no tracker that can be scored.

    Example:
        >>> scores = score("results", on="folder", data="clips", protocols=["official", "pysot"])
        >>> scores.overall()[["tracker", "protocol", "auc"]].round(3)
          tracker  protocol    auc
        0    mine  official  0.881
        1    mine     pysot  0.881
        2  theirs  official  0.810
        3  theirs     pysot  0.810
        >>> print(scores.caveats[0])
        mine, theirs on folder: 2 files of 2 sequences, <sequence>.txt, delimiter: comma
        >>> scores.refused
        ()
    """
    require_grouping(by)
    with crew_of(workers) as crew:  # before anything heavy is imported: the other processes start meanwhile
        from evalkit.scoring.evaluate import Told
        from evalkit.scoring.opening import as_source, open_all, require_excluded

        told, source = Told(tell), as_source(results)
        cached = use_cache(cache, told)
        one = functools.partial(score_benchmark, source, protocols=as_names(protocols), told=told,
                                partial=partial, crew=crew, keep_frames=keep_frames, cached=cached)  # fmt: skip
        parts = [one(annotation) for annotation in open_all(source, on, data, annotations, exclude)]
    require_excluded(as_names(exclude), [part.annotation for part in parts])
    scores = Scores(tuple(parts), refused=tuple(tracker for part in parts for tracker in part.refused), grouping=by)
    tell_refused(scores.refused, scores.scores, told)
    if by and not any(part.attributes(score) for part in parts for score in part.scores):
        raise no_attributes(as_names(on), hint="leave out --by attribute")
    return replace(scores, caveats=tuple(told.caveats))


def score_benchmark(
    results: Path | Given,
    annotation: Annotation,
    protocols: tuple[str, ...],
    told: Told,
    *,
    partial: bool = False,
    crew: Crew | None = None,
    keep_frames: bool = False,
    cached: bool = True,
) -> Scored:
    """Every tracker of a folder on one benchmark under every protocol; notes what there is to know.

    Raises:
        InputError: no results of the benchmark, or without ``partial`` no tracker that has all of its sequences.
    """
    from evalkit.scoring.opening import read_results

    trackers: Sequence[TrackerResults]
    trackers, notes = read_results(results, annotation)
    told.add(annotation.benchmark.name, notes)
    incomplete: list[Refused] = []
    if not partial:
        empty = refuse_empty(trackers, annotation)
        trackers, incomplete = refuse_missing(trackers, annotation)
        incomplete += empty
    elif trackers[0].empty:
        told.add(annotation.benchmark.name, (f"left out, their runs have no result: {some(trackers[0].empty)}",))
    evaluated, unscored = evaluate_told(
        trackers, annotation, protocols, told, crew=crew, keep_frames=keep_frames, cached=cached
    )
    good = {outcome.tracker for outcome in evaluated}
    whole = tuple(tracker for tracker in trackers if tracker.tracker in good)
    scores = tuple(score for outcome in evaluated for score in outcome.scores)
    return Scored(annotation, whole, scores, (*incomplete, *unscored))


def refuse_missing(
    trackers: Sequence[TrackerResults], annotation: Annotation
) -> tuple[list[TrackerResults], list[Refused]]:
    """Unless parts are asked for, a tracker's results are scored whole or not at all: those that are whole, the others.

    Raises:
        InputError: none is whole.
    """
    from evalkit.scoring.evaluate import Refused

    lines = {tracker.tracker: _missing(tracker, annotation) for tracker in trackers if tracker.fault is None}
    incomplete = {name: line for name, line in lines.items() if line}
    whole = [tracker for tracker in trackers if tracker.tracker not in incomplete]
    likely = next((tracker.likely for tracker in trackers if tracker.likely), None)
    hint = f"most files look like results of {likely}; " if likely else ""
    hint += "--partial scores what is there"
    if incomplete and not whole:
        said = some([f"{name} {line}" for name, line in incomplete.items()], separator="; ")
        raise InputError(f"incomplete results on {annotation.benchmark.name}: {said}", hint=hint)
    return whole, [
        Refused(name, annotation.benchmark.name, InputError(line, hint=hint)) for name, line in incomplete.items()
    ]


def refuse_empty(trackers: Sequence[TrackerResults], annotation: Annotation) -> list[Refused]:
    """The trackers that lack every sequence: their runs on the benchmark were begun, and nothing came of them."""
    from evalkit.scoring.evaluate import Refused

    error = InputError("its run was begun and has no result", hint="its folder `failures` says why; run it again")
    return [Refused(name, annotation.benchmark.name, error) for name in (trackers[0].empty if trackers else ())]


def _missing(tracker: TrackerResults, annotation: Annotation) -> str:
    """Which sequences the tracker lacks; empty if none."""
    from evalkit.scoring.opening import missing_sequences

    missing = missing_sequences(tracker.files, annotation)
    if not missing:
        return ""
    line = f"lacks {len(missing)} of {annotation.inventory.total}: {some(missing, _NAMED)}"
    if tracker.ambiguous:
        line += f" (several file names contain {some(tracker.ambiguous)})"
    return line + "".join(f" ({said})" for said in (tracker.left_out, tracker.strays) if said)


def evaluate_told(
    trackers: Sequence[TrackerResults],
    annotation: Annotation,
    protocols: tuple[str, ...],
    told: Told,
    *,
    crew: Crew | None = None,
    keep_frames: bool = False,
    cached: bool = True,
) -> tuple[list[Evaluated], list[Refused]]:
    """Every tracker under every protocol, and the trackers that cannot be scored.

    Notes, once a text for all trackers that it concerns, how results were read and what looks wrong.
    """
    from evalkit.scoring.evaluate import Evaluated, Refused, evaluate_all

    outcomes = evaluate_all(trackers, annotation, protocols, crew=crew, keep_frames=keep_frames, cached=cached)
    evaluated = [outcome for outcome in outcomes if isinstance(outcome, Evaluated)]
    concerned: dict[str, list[str]] = {}
    for outcome in evaluated:
        for note in dict.fromkeys((*outcome.notes, *(note for score in outcome.scores for note in score.notes))):
            concerned.setdefault(note, []).append(outcome.tracker)
    for note, names in concerned.items():
        told.add(f"{some(names)} on {annotation.benchmark.name}", (note,))
    return evaluated, [outcome for outcome in outcomes if isinstance(outcome, Refused)]


def tell_refused(refused: Sequence[Refused], scores: Sequence[object], told: Told) -> None:
    """Pass on the trackers that were left out, each with the reason.

    Args:
        scores: of the others.

    Raises:
        InputError: there are no others; the reason itself, where it is the same for all.
    """
    if not scores and len({str(tracker.error) for tracker in refused}) == 1:
        raise refused[0].error
    told.refuse(refused)
    if not scores and refused:
        reasons = some([str(tracker) for tracker in refused], separator="; ")
        hint = "the lines above say why" if told.listened else reasons
        raise InputError(f"none of {len(refused)} results can be scored", hint=hint)


def crew_of(workers: int) -> AbstractContextManager[Crew | None]:
    """The processes that share out the trackers; None where this one is enough.

    Raises:
        InputError: there are not 1 or more.
    """
    if workers < 1:
        raise InputError(f"workers must be at least 1, not {workers}")
    if workers == 1:
        return nullcontext()
    from evalkit.running.process_map import Crew

    return Crew(workers - 1, preload=("evalkit.scoring.evaluate",))  # most of the time to a first result


def use_cache(wanted: bool, told: Told) -> bool:
    """Whether the cache of scores is used; notes why it cannot be."""
    if not wanted:
        return False
    from evalkit.scoring.cache import SCORES

    why = SCORES.refusal()
    told.add("cache of scores", (f"not used: {why}",) if why else ())
    return not why
