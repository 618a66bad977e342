"""Results and the annotation that they are held against: how every command that scores finds them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.errors import InputError
from evalkit.suggestions import nearest, some
from stdtrack.cli.main import EXIT_SEQUENCES_FAILED
from stdtrack.cli.messages import echo_line

if TYPE_CHECKING:
    from evalkit.results.trees import TrackerResults
    from evalkit.scoring.evaluate import Refused
    from evalkit.scoring.tracker import Annotation

_NAMED = 10


def open_annotation(
    results: Path, text: str, data: Path | None, annotations: Path | None, exclude: Sequence[str] = ()
) -> Annotation:
    """The benchmark's ground truth: where the options say, else where the run was made, else the configured root.

    Args:
        exclude: shell patterns of sequences that are left out.
    """
    from evalkit.benchmarks.registry import open_benchmark
    from evalkit.paths import data_root
    from evalkit.results.manifest import recorded_benchmark
    from evalkit.scoring.tracker import Annotation

    require_results(results)
    if data is None and annotations is None:
        recorded = recorded_benchmark(results, text)
        text, data = recorded if recorded is not None else (text, data_root())
    return Annotation(open_benchmark(text, data=data, annotations=annotations), exclude)


def chosen_benchmarks(texts: Sequence[str]) -> tuple[str, ...]:
    """Benchmarks by their own names, each once; raises InputError for one that is asked for with several options."""
    from evalkit.benchmarks.registry import canonical_specs, parse_spec

    specs = canonical_specs(texts)
    for spec in specs:
        name = parse_spec(spec).name
        alike = [other for other in specs if parse_spec(other).name == name]
        if len(alike) > 1:  # whose figures would all be called by the one name
            raise InputError(f"{name} is asked for twice: {' and '.join(alike)}", hint="one at a time")
    return specs


def require_results(results: Path) -> None:
    """Say first of all that there are no results, before anything that is looked for on their account."""
    from evalkit.reading.text import is_there

    if not is_there(results):
        raise InputError("there is no such folder of results", path=results, hint="what did `stdtrack run --out` name?")


def read_results(results: Path, annotation: Annotation) -> tuple[TrackerResults, ...]:
    """The trackers that have results; says on stderr what there is to know of the benchmark and of the tree."""
    from evalkit.results.trees import read_tree, without_sequences

    benchmark = annotation.benchmark
    inventory = annotation.inventory
    annotation.sequence(inventory.present[0])  # ground truth that is on a server alone is told before anything else
    trackers = read_tree(results, benchmark.name, (*inventory.present, *inventory.missing, *inventory.excluded))
    say(benchmark.name, (*inventory.notes, *dict.fromkeys(each.strays for each in trackers if each.strays)))
    return tuple(without_sequences(tracker, inventory.excluded) for tracker in trackers)


def require_excluded(exclude: Sequence[str], annotations: Sequence[Annotation]) -> None:
    """Every pattern of ``--exclude`` has left out something, or it was mistyped."""
    excluded = [name for annotation in annotations for name in annotation.inventory.excluded]
    for glob in exclude:
        if not any(fnmatchcase(name, glob) for name in excluded):
            names = some([annotation.benchmark.name for annotation in annotations])
            near = nearest(glob, [name for annotation in annotations for name in annotation.inventory.present])
            hint = f"did you mean '{near}'?" if near else "--exclude takes shell patterns"
            raise InputError(f"no sequence of {names} is named like '{glob}'", hint=hint)


def refuse_missing(
    trackers: Sequence[TrackerResults], annotation: Annotation
) -> tuple[list[TrackerResults], list[Refused]]:
    """Without ``--partial`` a tracker's results are scored whole or not at all: those that are whole, and the others.

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


def _missing(tracker: TrackerResults, annotation: Annotation) -> str:
    """Which sequences the tracker lacks; empty if none."""
    from evalkit.scoring.tracker import missing_sequences

    missing = missing_sequences(tracker, annotation)
    if not missing:
        return ""
    line = f"lacks {len(missing)} of {annotation.inventory.total}: {some(missing, _NAMED)}"
    if tracker.ambiguous:
        line += f" (several file names contain {some(tracker.ambiguous)})"
    return line + "".join(f" ({said})" for said in (tracker.left_out, tracker.strays) if said)


def tell_refused(refused: Sequence[Refused], scores: Sequence[object]) -> None:
    """Name on stderr the trackers that were left out, each with the reason.

    Args:
        scores: of the others.

    Raises:
        InputError: there are no others; the reason itself, where it is the same for all.
    """
    if not scores and len({str(each.error) for each in refused}) == 1:
        raise refused[0].error
    for each in refused:
        echo_line(f"{each.tracker} on {each.benchmark} is left out: {each.error}")
    if not scores and refused:
        raise InputError(f"none of {len(refused)} results can be scored", hint="the lines above say why")


def exit_if_refused(refused: Sequence[Refused]) -> None:
    """Exit with 3 where trackers were left out, once the others' figures are printed or written."""
    if refused:
        names = some(list(dict.fromkeys(each.tracker for each in refused)))
        echo_line(f"left out: {names}; the figures are those of the others")
        sys.exit(EXIT_SEQUENCES_FAILED)


def use_cache(no_cache: bool) -> bool:
    """Whether the cache of scores is used; says on stderr why it cannot be."""
    if no_cache:
        return False
    from evalkit.scoring.cache import cache_refusal

    why = cache_refusal()
    say("cache of scores", (f"not used: {why}",) if why else ())
    return not why


def say(subject: str, notes: Sequence[str]) -> None:
    """Notes for the user, on stderr."""
    for note in notes:
        echo_line(f"{subject}: {note}")
