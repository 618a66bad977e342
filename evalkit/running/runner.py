"""Trackers x sequences on any ``concurrent.futures`` executor: resumed where it stopped, one failure at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Many
from concurrent.futures import Executor, Future, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from evalkit.benchmarks.base import Benchmark
from evalkit.errors import InputError
from evalkit.files import remove_leftovers
from evalkit.results.manifest import read_manifest, write_manifest
from evalkit.results.store import (
    FAILURES,
    RawResult,
    failed_sequences,
    failure_path,
    failure_summary,
    is_finished,
    remove_results,
    set_aside,
    take_back,
    write_failure,
    write_result,
)
from evalkit.running.jobs import Job, describe_job, run_job
from evalkit.running.locks import exclusive
from evalkit.running.provenance import KEEP_OR_DELETE, continued, make_manifest, now
from evalkit.running.selection import Selection
from evalkit.running.tasks import OtherCodeError, TaskError
from evalkit.sequences.sequence import Sequence
from evalkit.trackers.folders import folder_name


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

    def remark(self, tracker: str, note: str) -> None:
        """Before anything is run: what a tracker says of itself, such as ``untrained``."""

    def begin(self, tracker: str, benchmark: str, *, sequences: int, frames: int, finished: int) -> None:
        """A tracker on a benchmark: so much is to do, ``finished`` sequences were done before."""

    def advance(self, tracker: str, benchmark: str, sequence: str, frames: int, failure: str | None) -> None:
        """A sequence ended; ``failure`` says why it failed."""


@dataclass
class Summary:
    """What a run came to.

    Attributes:
        finished: sequences that were run.
        resumed: sequences that had been run before.
        failures: (tracker, benchmark, sequence).
        reasons: why each of them failed, in one line.
        stopped: more failed than were allowed.
    """

    finished: int = 0
    resumed: int = 0
    failures: list[tuple[str, str, str]] = field(default_factory=list)
    reasons: dict[tuple[str, str, str], str] = field(default_factory=dict)
    stopped: bool = False

    def fail(self, what: tuple[str, str, str], reason: str) -> None:
        """Add a failure."""
        self.failures.append(what)
        self.reasons[what] = reason


@dataclass(frozen=True)
class _Group:
    """One tracker on one benchmark: one folder of results."""

    spec: str
    benchmark: Benchmark
    sequences: tuple[Sequence, ...]
    folder: Path


_Item = tuple[_Group, Sequence]


def run(
    specs: Many[str], selections: Many[Selection], executor: Executor, options: RunOptions, progress: Progress
) -> Summary:
    """Run every tracker on every selected sequence that is not finished yet.

    What ``fresh`` deletes is marked before a tracker is loaded and deleted when all have been; only then are folders
    made. This process is the only one that writes; workers return their tracks.

    Raises:
        LostClusterError: the executor is gone; what is finished is kept, and the rest is no failure.
        InputError: unknown tracker, folder in use or not writable, or results that something else made.
    """
    groups = [
        _Group(spec, chosen.benchmark, chosen.sequences, options.out / folder_name(spec) / chosen.benchmark.key)
        for spec in specs
        for chosen in selections
    ]
    summary = Summary()
    with ExitStack() as locks:
        present = [group.folder for group in groups if group.folder.is_dir()]
        for folder in present:
            locks.enter_context(exclusive(folder))
        facts = _facts(specs, executor, progress, condemned=present if options.fresh else ())
        for group in groups:
            if group.folder not in present:
                locks.enter_context(exclusive(group.folder))
            if options.fresh:
                remove_results(group.folder)
        todo = [
            (group, sequence)
            for group in groups
            for sequence in _prepare(group, facts[group.spec], options, summary, progress)
        ]
        pending: dict[Future[RawResult], _Item] = {}
        with _cancelling(pending):
            for group, sequence in todo:
                assert sequence.frames is not None  # checked when it was selected
                job = Job(group.spec, sequence.name, sequence.frames, sequence.initial_box)
                pending[executor.submit(run_job, job)] = (group, sequence)
            _collect(pending, options, summary, progress)
        if not summary.stopped:
            for group in groups:
                _finish(group)
    return summary


def _facts(
    specs: Many[str], executor: Executor, progress: Progress, *, condemned: Many[Path]
) -> Mapping[str, Mapping[str, str]]:
    """What every tracker says of itself; ``condemned`` folders are marked first, and spared if a spec is wrong."""
    for folder in condemned:
        set_aside(folder)
    try:
        return {spec: _describe(spec, executor, progress) for spec in specs}
    except InputError:
        for folder in condemned:
            take_back(folder)
        raise


def _describe(spec: str, executor: Executor, progress: Progress) -> Mapping[str, str]:
    try:
        facts: Mapping[str, str] = executor.submit(describe_job, spec).result()
    except TaskError as error:
        hint = "--debug shows the traceback"
        raise InputError(f"tracker '{spec}' cannot be loaded: {error}", hint=hint) from error
    if note := facts.get("note"):
        progress.remark(spec, note)
    return facts


def _prepare(
    group: _Group, facts: Mapping[str, str], options: RunOptions, summary: Summary, progress: Progress
) -> list[Sequence]:
    """Compare the folder with what is about to run, write its manifest, and return what is left to do."""
    remove_leftovers(group.folder)
    remove_leftovers(group.folder / FAILURES)
    left = [s for s in group.sequences if not is_finished(group.folder, s.name, len(s))]
    todo = left
    if not options.retry_failed:
        failed = set(failed_sequences(group.folder, [sequence.name for sequence in left]))
        for name in (sequence.name for sequence in left if sequence.name in failed):
            summary.fail((group.spec, group.benchmark.key, name), failure_summary(group.folder, name))
        todo = [sequence for sequence in left if sequence.name not in failed]
    current = make_manifest(
        group.spec, facts, group.benchmark, group.sequences, workers=options.workers, threads=options.threads
    )
    resumed = len(group.sequences) - len(left)
    previous = read_manifest(group.folder)
    if previous is not None:
        current = continued(previous, current, group.folder, idle=not todo)
    elif any(group.folder.glob("*.txt")):  # a run writes its manifest first
        problem = f"holds results of {group.benchmark.key} without a run.json: nothing says what made them"
        raise InputError(problem, path=group.folder, hint=KEEP_OR_DELETE)
    write_manifest(group.folder, current)
    summary.resumed += resumed
    frames = sum(len(sequence) for sequence in todo)
    progress.begin(group.spec, group.benchmark.key, sequences=len(todo), frames=frames, finished=resumed)
    return todo


def _collect(
    pending: dict[Future[RawResult], _Item], options: RunOptions, summary: Summary, progress: Progress
) -> None:
    failures = 0
    for future in as_completed(list(pending)):
        group, sequence = pending.pop(future)
        try:
            outcome: RawResult | TaskError | InputError = future.result()
        except OtherCodeError:
            raise
        except (TaskError, InputError) as error:
            outcome = error
        failure = _keep(group, sequence, outcome)
        if failure is None:
            summary.finished += 1
        else:
            failures += 1
            summary.fail((group.spec, group.benchmark.key, sequence.name), failure)
        progress.advance(group.spec, group.benchmark.key, sequence.name, len(sequence), failure)
        if options.max_failures is not None and failures > options.max_failures:
            summary.stopped = True
            return


def _keep(group: _Group, sequence: Sequence, outcome: RawResult | TaskError | InputError) -> str | None:
    """Write the result, or else the failure and return it in one line."""
    if isinstance(outcome, RawResult):
        write_result(group.folder, sequence.name, outcome, sequence.native[0], sequence.origin)
        failure_path(group.folder, sequence.name).unlink(missing_ok=True)
        return None
    detail = outcome.detail if isinstance(outcome, TaskError) else "\n".join(getattr(outcome, "__notes__", ()))
    write_failure(group.folder, sequence.name, str(outcome), detail)
    return str(outcome)


def _finish(group: _Group) -> None:
    """Note the end, which is no earlier than the start though the clock was turned back."""
    manifest = read_manifest(group.folder)
    if manifest is not None:
        write_manifest(group.folder, replace(manifest, finished=max(manifest.started, now())))


@contextmanager
def _cancelling(pending: Mapping[Future[RawResult], _Item]) -> Iterator[None]:
    try:
        yield
    finally:
        for future in pending:
            future.cancel()
