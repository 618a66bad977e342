"""Trackers x sequences on any ``concurrent.futures`` executor: resumed where it stopped, one failure at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Many
from concurrent.futures import Executor, Future, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from evalkit.benchmarks.base import Benchmark
from evalkit.boxes import look_like_corners
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
from evalkit.running.in_process import InProcessExecutor
from evalkit.running.jobs import Job, describe_job, run_job
from evalkit.running.locks import exclusive
from evalkit.running.progress import Progress, RunSummary
from evalkit.running.provenance import KEEP_OR_DELETE, continued, make_manifest, now
from evalkit.running.selection import Selection
from evalkit.running.tasks import OtherCodeError, TaskError
from evalkit.sequences.sequence import Sequence
from evalkit.trackers.base import remark
from evalkit.trackers.folders import folder_name
from evalkit.trackers.live import NamedTracker

CORNERS = "its answers look like x1, y1, x2, y2, where x, y, w, h are asked for"


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


@dataclass(frozen=True)
class _Group:
    """One tracker on one benchmark: one folder of results."""

    tracker: NamedTracker
    benchmark: Benchmark
    sequences: tuple[Sequence, ...]
    folder: Path

    @property
    def name(self) -> str:
        return self.tracker.name


_Item = tuple[_Group, Sequence]


def run(
    trackers: Many[NamedTracker],
    selections: Many[Selection],
    executor: Executor,
    options: RunOptions,
    progress: Progress,
) -> RunSummary:
    """Run every tracker on every selected sequence that is not finished yet.

    What ``fresh`` deletes is marked before a tracker is loaded and deleted when all have been; only then are folders
    made. This process is the only one that writes; workers return their tracks. Live trackers run in it, before the
    others, so that neither slow each other down.

    Args:
        executor: runs the trackers that are specs.

    Raises:
        LostClusterError: the executor is gone; what is finished is kept, and the rest is no failure.
        InputError: unknown tracker, folder in use or not writable, or results that something else made.
    """
    groups = [
        _Group(tracker, chosen.benchmark, chosen.sequences, _folder(options.out, tracker, chosen.benchmark))
        for tracker in trackers
        for chosen in selections
    ]
    summary = RunSummary()
    with ExitStack() as locks:
        present = [group.folder for group in groups if group.folder.is_dir()]
        for folder in present:
            locks.enter_context(exclusive(folder))
        executors = {False: executor, True: InProcessExecutor(options.threads)}  # by NamedTracker.is_live
        facts = _facts(trackers, executors, condemned=present if options.fresh else ())
        _remark(facts, summary, progress)
        for group in groups:
            if group.folder not in present:
                locks.enter_context(exclusive(group.folder))
            if options.fresh:
                remove_results(group.folder)
        todo = [
            (group, sequence)
            for group in groups
            for sequence in _prepare(group, facts[group.name], options, summary, progress)
        ]
        allowed = None if options.max_failures is None else len(summary.failures) + options.max_failures
        for batch in _batches(todo):
            pending: dict[Future[RawResult], _Item] = {}
            with _cancelling(pending):
                for group, sequence in batch:
                    pending[executors[group.tracker.is_live].submit(run_job, _job(group, sequence))] = group, sequence
                _collect(pending, allowed, summary, progress)
            if summary.stopped:
                break
        if not summary.stopped:
            for group in groups:
                _finish(group)
    return summary


def _batches(todo: Many[_Item]) -> Iterator[list[_Item]]:
    """Sequences of live trackers one by one, as submitting them runs them; then all the others at once."""
    yield from ([item] for item in todo if item[0].tracker.is_live)
    yield [item for item in todo if not item[0].tracker.is_live]


def _job(group: _Group, sequence: Sequence) -> Job:
    assert sequence.frames is not None  # checked when it was selected
    return Job(group.tracker, sequence.name, sequence.frames, sequence.initial_box, sequence.adversary)


def _folder(out: Path, tracker: NamedTracker, benchmark: Benchmark) -> Path:
    return out / folder_name(tracker.name) / benchmark.key


def _facts(
    trackers: Many[NamedTracker], executors: Mapping[bool, Executor], *, condemned: Many[Path]
) -> Mapping[str, Mapping[str, str]]:
    """What every tracker says of itself; ``condemned`` folders are marked first, and spared if a spec is wrong."""
    for folder in condemned:
        set_aside(folder)
    try:
        return {tracker.name: _describe(tracker, executors[tracker.is_live]) for tracker in trackers}
    except InputError:
        for folder in condemned:
            take_back(folder)
        raise


def _describe(tracker: NamedTracker, executor: Executor) -> Mapping[str, str]:
    try:
        facts: Mapping[str, str] = executor.submit(describe_job, tracker).result()
    except TaskError as error:
        hint = "--debug shows the traceback"
        raise InputError(f"tracker '{tracker.name}' cannot be loaded: {error}", hint=hint) from error
    return facts


def _remark(facts: Mapping[str, Mapping[str, str]], summary: RunSummary, progress: Progress) -> None:
    """Tell, and keep, what trackers say of themselves."""
    for name, note in ((name, known.get("note")) for name, known in facts.items()):
        if note and remark(name, note) not in summary.caveats:
            progress.remark(name, note)
            summary.caveats.append(remark(name, note))


def _prepare(
    group: _Group, facts: Mapping[str, str], options: RunOptions, summary: RunSummary, progress: Progress
) -> list[Sequence]:
    """Compare the folder with what is about to run, write its manifest, and return what is left to do."""
    remove_leftovers(group.folder)
    remove_leftovers(group.folder / FAILURES)
    left = [s for s in group.sequences if not is_finished(group.folder, s.name, len(s))]
    todo = left
    if not options.retry_failed:
        failed = set(failed_sequences(group.folder, [sequence.name for sequence in left]))
        for name in (sequence.name for sequence in left if sequence.name in failed):
            summary.fail((group.name, group.benchmark.key, name), failure_summary(group.folder, name))
        todo = [sequence for sequence in left if sequence.name not in failed]
    workers = 1 if group.tracker.is_live else options.workers
    current = make_manifest(
        group.name,
        facts,
        group.benchmark,
        group.sequences,
        workers=workers,
        threads=options.threads,
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
    progress.begin(group.name, group.benchmark.key, sequences=len(todo), frames=frames, finished=resumed)
    return todo


def _collect(
    pending: dict[Future[RawResult], _Item], allowed: int | None, summary: RunSummary, progress: Progress
) -> None:
    for future in as_completed(list(pending)):
        group, sequence = pending.pop(future)
        try:
            outcome: RawResult | TaskError | InputError = future.result()
        except OtherCodeError:
            raise
        except (TaskError, InputError) as error:
            outcome = error
        failure = _keep(group, sequence, outcome)
        if isinstance(outcome, RawResult) and look_like_corners(outcome.boxes):
            _remark({group.name: {"note": CORNERS}}, summary, progress)
        if failure is None:
            summary.finished += 1
        else:
            summary.fail((group.name, group.benchmark.key, sequence.name), failure)
        progress.advance(group.name, group.benchmark.key, sequence.name, len(sequence), failure)
        if allowed is not None and len(summary.failures) > allowed:
            summary.stopped = True
            return


def _keep(group: _Group, sequence: Sequence, outcome: RawResult | TaskError | InputError) -> str | None:
    """Write the result, or else the failure and return it in one line."""
    if isinstance(outcome, RawResult):
        write_result(group.folder, sequence.name, outcome, sequence.given, sequence.origin)
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
