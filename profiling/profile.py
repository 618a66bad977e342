"""The parent's side: trackers in workers of their own, measured in turns, each failing alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from evalkit.tasks import TaskError
from evalkit.worker import Worker
from profiling import session
from profiling.calibration import Calibration, gemm_seconds
from profiling.clips import ClipName
from profiling.hardware import machine, machine_state
from profiling.interleave import interleave
from profiling.session import Finish, Job, Round
from profiling.statistics import Seconds
from profiling.stepping import Step
from profiling.warm_up import WarmUp

ROUNDS = 20
LEAST_FRAMES = 5
"""Frames in a round at least, so that a slow tracker has a median in every one."""

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Profile:
    """Everything measured of one job.

    Attributes:
        rounds: as they were measured, in order.
        overlap: mean IoU on the clips; None for a module.
        difference: largest absolute difference of the network's outputs from eager; None for no other backend.
        is_module: a plain module, called with its example inputs: the scope ``model`` alone.
    """

    job: Job
    warm_up: WarmUp
    rounds: tuple[Round, ...]
    finish: Finish
    overlap: float | None
    difference: float | None
    is_module: bool

    def latencies(self, scope: str) -> list[Seconds]:
        """(n,) seconds of the frames of each round; empty where the scope is not available."""
        return self._by_round(scope, Step.seconds)

    def undisturbed(self, scope: str) -> list[Seconds]:
        """:meth:`latencies` without the time in which another program held the processor."""
        return self._by_round(scope, Step.undisturbed)

    def waited_share(self, scope: str) -> float:
        """Share of the time in which another program held the processor."""
        total = sum(float(part.sum()) for part in self.latencies(scope))
        return 1.0 - sum(float(part.sum()) for part in self.undisturbed(scope)) / total

    def _by_round(self, scope: str, value: Callable[[Step, str], float | None]) -> list[Seconds]:
        if self.is_module and scope != "model":
            return []
        rounds = [[value(step, scope) for step in part.steps] for part in self.rounds]
        if any(seconds is None for part in rounds for seconds in part):
            return []
        return [np.array(part, dtype=np.float64) for part in rounds]

    @property
    def frames(self) -> int:
        """Measured frames."""
        return sum(len(part.steps) for part in self.rounds)

    @property
    def joules_per_frame(self) -> float | None:
        """Energy of everything that the counter covers, over the frames."""
        used = [part.joules for part in self.rounds]
        return None if None in used else sum(joules for joules in used if joules is not None) / self.frames


@dataclass(frozen=True)
class Comparison:
    """A run: all profiles, the failures, and the machine.

    Attributes:
        failures: one line by job label, of those that could not be measured.
        state: the machine's state before and after.
    """

    profiles: tuple[Profile, ...]
    failures: Mapping[str, str]
    clips: tuple[ClipName, ...]
    calibration: Calibration
    machine: Mapping[str, Any]
    state: Mapping[str, Any]
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class _Run:
    """The workers, and who has failed so far."""

    workers: dict[str, Worker]
    failures: dict[str, str]
    note: Callable[[str], None]

    def each(self, what: str, call: Callable[[str], Answer], labels: Sequence[str] | None = None) -> dict[str, Answer]:
        """``call(label)`` for every job (of ``labels``) that has not failed; a failure is noted and ends its worker."""
        answers = {}
        for label in [label for label in labels or self.workers if label not in self.failures]:
            self.note(f"{what}: {label}")
            try:
                answers[label] = call(label)
            except TaskError as error:
                self.fail(label, error)
        return answers

    def fail(self, label: str, error: Exception) -> None:
        """Note a failure and end the worker."""
        self.failures[label] = str(error)
        self.workers[label].kill()


def compare(
    jobs: Sequence[Job],
    clips: tuple[ClipName, ...],
    *,
    min_time: float = 10.0,
    timeout: float = 300.0,
    seed: int = 0,
    note: Callable[[str], None] = lambda message: None,
) -> Comparison:
    """Measure all jobs, interleaved.

    Every job has a process of its own that sleeps while another one is measured.

    Args:
        min_time: seconds measured of each job, in twenty rounds.
        timeout: seconds that a frame may take.
        note: told what is going on.

    Raises:
        InputError: a spec, option, device or clip is wrong; nothing was measured then.
    """
    with ExitStack() as stack:
        workers = {job.label: stack.enter_context(closing(Worker(job.threads, timeout))) for job in jobs}
        by_label = {job.label: job for job in jobs}
        run = _Run(workers, {}, note)
        is_module = run.each(
            "loading", lambda label: bool(workers[label].call(session.begin, (by_label[label], clips)))
        )
        before, state = gemm_seconds(), machine_state()
        warm_ups: dict[str, WarmUp] = run.each("warm-up", lambda label: workers[label].call(session.settle, ()))
        note("measuring")
        slice_arguments = (min_time / ROUNDS, LEAST_FRAMES)
        measured = interleave(
            [label for label in workers if label not in run.failures],
            lambda label: _round(workers[label], slice_arguments),
            ROUNDS,
            failure=TaskError,
            seed=seed,
        )
        for label, error in measured.failures.items():
            run.fail(label, error)
        calibration = Calibration(before, gemm_seconds())
        after = machine_state()
        finishes: dict[str, Finish] = run.each("memory", lambda label: workers[label].call(session.finish, ()))
        differences = run.each("comparing outputs", lambda label: _difference(workers[label], by_label[label]))
        # Threads change the speed, not the answers: one job a title tells the accuracy.
        first_of = {job.title: job.label for job in reversed(jobs) if job.label not in run.failures}
        overlaps = run.each(
            "accuracy",
            lambda label: None if is_module[label] else _overlap(workers[label]),
            list(first_of.values()),
        )
    profiles = tuple(
        Profile(
            by_label[label],
            warm_ups[label],
            tuple(measured.results[label]),
            finishes[label],
            overlaps.get(first_of.get(by_label[label].title, "")),
            differences[label],
            is_module[label],
        )
        for label in workers
        if label not in run.failures
    )
    settings = {"min_time": min_time, "rounds": ROUNDS, "timeout": timeout, "seed": seed}
    states = {"before": state, "after": after}
    return Comparison(profiles, run.failures, clips, calibration, machine(), states, settings)


def _round(worker: Worker, arguments: tuple[float, int]) -> Round:
    result: Round = worker.call(session.measure, arguments)
    return result


def _difference(worker: Worker, job: Job) -> float | None:
    result: float | None = worker.call(session.difference, (job,))
    return result


def _overlap(worker: Worker) -> float:
    result: float = worker.call(session.overlap, ())
    return result
