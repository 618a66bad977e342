"""Trackers x sequences on any ``concurrent.futures`` executor: resumed where it stopped, one failure at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Many
from concurrent.futures import Executor, Future, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from evalkit.benchmarks.base import Benchmark
from evalkit.errors import InputError
from evalkit.files import remove_leftovers
from evalkit.hardware import hardware_card, versions
from evalkit.jobs import Job, describe_job, run_job
from evalkit.locks import exclusive
from evalkit.manifest import Manifest, read_manifest, write_manifest
from evalkit.results import (
    FAILURES,
    failed_sequences,
    failure_path,
    is_finished,
    remove_results,
    write_failure,
    write_result,
)
from evalkit.selection import Selection
from evalkit.sequence import Sequence
from evalkit.tasks import TaskError
from evalkit.trackers.spec import folder_name
from evalkit.tracking import Track


@dataclass(frozen=True)
class RunOptions:
    """How to run.

    Attributes:
        out: folder of results, ``RUNS``.
        fresh: forget what is there.
        retry_failed: run again what failed before.
        max_failures: stop when more sequences than this have failed; None never stops.
        workers, threads: for the manifest; the executor is what decides.
    """

    out: Path
    fresh: bool = False
    retry_failed: bool = False
    max_failures: int | None = None
    workers: int = 1
    threads: int = 1


class Progress(Protocol):
    """Whoever shows how far a run is."""

    def begin(self, tracker: str, benchmark: str, *, sequences: int, frames: int, finished: int) -> None:
        """A tracker on a benchmark: so much is to do, ``finished`` sequences were done before."""

    def advance(self, tracker: str, benchmark: str, sequence: str, frames: int, failure: str | None) -> None:
        """A sequence ended; ``failure`` says why it failed."""


@dataclass
class Summary:
    """What a run came to; failures are (tracker, benchmark, sequence)."""

    finished: int = 0
    resumed: int = 0
    failures: list[tuple[str, str, str]] = field(default_factory=list)
    stopped: bool = False


@dataclass(frozen=True)
class _Group:
    """One tracker on one benchmark: one folder of results."""

    spec: str
    benchmark: Benchmark
    sequences: tuple[Sequence, ...]
    folder: Path


def run(
    specs: Many[str], selections: Many[Selection], executor: Executor, options: RunOptions, progress: Progress
) -> Summary:
    """Run every tracker on every selected sequence that is not finished yet.

    This process is the only one that writes; workers return their tracks.

    Raises:
        InputError: unknown tracker, folder in use or not writable, or results that something else made.
    """
    groups = [
        _Group(spec, chosen.benchmark, chosen.sequences, options.out / folder_name(spec) / chosen.benchmark.key)
        for spec in specs
        for chosen in selections
    ]
    summary = Summary()
    with ExitStack() as locks:
        for group in groups:
            locks.enter_context(exclusive(group.folder))
        facts = {spec: _describe(spec, executor) for spec in specs}
        pending: dict[Future[Track], tuple[_Group, Sequence]] = {}
        with _cancelling(pending):
            for group in groups:
                todo = _prepare(group, facts[group.spec], options, summary, progress)
                for sequence in todo:
                    assert sequence.frames is not None  # checked when it was selected
                    job = Job(group.spec, sequence.name, sequence.frames, sequence.initial_box)
                    pending[executor.submit(run_job, job)] = (group, sequence)
            _collect(pending, options, summary, progress)
        if not summary.stopped:
            for group in groups:
                _finish(group)
    return summary


def _describe(spec: str, executor: Executor) -> Mapping[str, str]:
    try:
        facts: Mapping[str, str] = executor.submit(describe_job, spec).result()
    except TaskError as error:
        hint = "--debug shows the traceback"
        raise InputError(f"tracker '{spec}' cannot be loaded: {error}", hint=hint) from error
    return facts


def _prepare(
    group: _Group, facts: Mapping[str, str], options: RunOptions, summary: Summary, progress: Progress
) -> list[Sequence]:
    """Compare the folder with what is about to run, write its manifest, and return what is left to do."""
    if options.fresh:
        remove_results(group.folder)
    remove_leftovers(group.folder)
    remove_leftovers(group.folder / FAILURES)
    manifest = _manifest(group, facts, options)
    previous = read_manifest(group.folder)
    write_manifest(group.folder, manifest if previous is None else _continued(previous, manifest, group.folder))
    left = [s for s in group.sequences if not is_finished(group.folder, s.name, len(s))]
    todo = left
    if not options.retry_failed:
        failed = set(failed_sequences(group.folder, [sequence.name for sequence in left]))
        summary.failures += [(group.spec, group.benchmark.key, s.name) for s in left if s.name in failed]
        todo = [sequence for sequence in left if sequence.name not in failed]
    resumed = len(group.sequences) - len(left)
    summary.resumed += resumed
    frames = sum(len(sequence) for sequence in todo)
    progress.begin(group.spec, group.benchmark.key, sequences=len(todo), frames=frames, finished=resumed)
    return todo


def _manifest(group: _Group, facts: Mapping[str, str], options: RunOptions) -> Manifest:
    benchmark = group.benchmark
    names = [sequence.name for sequence in group.sequences]
    packages = versions()
    return Manifest(
        stdtrack=packages.get("stdtrack", ""),
        spec=group.spec,
        tracker=facts,
        benchmark={
            "name": benchmark.key,
            "options": dict(benchmark.options),
            "root": os.path.abspath(str(benchmark.root)),
            "fingerprint": benchmark.fingerprint(names),
            "origin": benchmark.origin,
        },
        workers=options.workers,
        threads=options.threads,
        hardware=hardware_card(),
        versions=packages,
        started=_now(),
        fingerprints={name: benchmark.fingerprint([name]) for name in names},
    )


def _continued(previous: Manifest, current: Manifest, folder: Path) -> Manifest:
    """The manifest of a run that goes on.

    Raises:
        InputError: tracker, weights, options or annotations are not those that made what is there.
    """
    shared = previous.fingerprints.keys() & current.fingerprints.keys()
    changed = sorted(name for name in shared if previous.fingerprints[name] != current.fingerprints[name])
    problem = ""
    if previous.spec != current.spec:
        problem = f"holds results of the tracker '{previous.spec}'"
    elif previous.tracker.get("weights_sha256") != current.tracker.get("weights_sha256"):
        problem = f"holds results of other weights of '{current.spec}'"
    elif previous.benchmark.get("options") != current.benchmark["options"]:
        problem = f"holds results of {current.benchmark['name']} with other options"
    elif changed:
        problem = f"holds results on another annotation of {', '.join(changed[:3])}" + ("..." * (len(changed) > 3))
    if problem:
        raise InputError(problem, path=folder, hint="--fresh deletes them; another --out keeps them")
    # Contention in any part of the run spoils its speeds, so the largest number of workers stands.
    return replace(
        current,
        started=previous.started,
        workers=max(previous.workers, current.workers),
        fingerprints={**previous.fingerprints, **current.fingerprints},
    )


def _collect(
    pending: dict[Future[Track], tuple[_Group, Sequence]], options: RunOptions, summary: Summary, progress: Progress
) -> None:
    for future in as_completed(list(pending)):
        group, sequence = pending.pop(future)
        try:
            outcome: Track | TaskError | InputError = future.result()
        except (TaskError, InputError) as error:
            outcome = error
        failure = _keep(group, sequence, outcome)
        if failure is None:
            summary.finished += 1
        else:
            summary.failures.append((group.spec, group.benchmark.key, sequence.name))
        progress.advance(group.spec, group.benchmark.key, sequence.name, len(sequence), failure)
        if options.max_failures is not None and len(summary.failures) > options.max_failures:
            summary.stopped = True
            return


def _keep(group: _Group, sequence: Sequence, outcome: Track | TaskError | InputError) -> str | None:
    """Write the result, or else the failure and return it in one line."""
    if isinstance(outcome, Track):
        write_result(group.folder, sequence.name, outcome, sequence.native[0], sequence.origin)
        failure_path(group.folder, sequence.name).unlink(missing_ok=True)
        return None
    write_failure(group.folder, sequence.name, str(outcome), getattr(outcome, "detail", ""))
    return str(outcome)


def _finish(group: _Group) -> None:
    manifest = read_manifest(group.folder)
    if manifest is not None:
        write_manifest(group.folder, replace(manifest, finished=_now()))


@contextmanager
def _cancelling(pending: Mapping[Future[Track], object]) -> Iterator[None]:
    try:
        yield
    finally:
        for future in pending:
            future.cancel()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
