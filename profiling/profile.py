"""The parent's side: trackers in workers of their own, measured in turns, each failing alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from evalkit.execution.tasks import TaskError
from evalkit.execution.worker import Worker
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
    """The jobs' workers, and who has failed so far."""

    jobs: Mapping[str, Job]
    workers: Mapping[str, Worker]
    note: Callable[[str], None]
    failures: dict[str, str] = field(default_factory=dict)

    @property
    def alive(self) -> list[str]:
        """Labels of the jobs that have not failed."""
        return [label for label in self.jobs if label not in self.failures]

    def each(self, what: str, ask: Callable[[Worker, str], Answer]) -> dict[str, Answer]:
        """``ask(worker, label)`` for every job that has not failed."""
        answers = {}
        for label in self.alive:
            self.note(f"{what}: {label}")
            try:
                answers[label] = ask(self.workers[label], label)
            except TaskError as error:
                self.fail(label, error)
        return answers

    def fail(self, label: str, error: Exception) -> None:
        """Note a failure and end the worker."""
        self.failures[label] = str(error)
        self.workers[label].kill()

    def measure(self, min_time: float, seed: int) -> Mapping[str, Sequence[Round]]:
        """All rounds of the jobs that did not fail, interleaved."""
        self.note("measuring")

        def one_round(label: str) -> Round:
            result: Round = self.workers[label].call(session.measure, (min_time / ROUNDS, LEAST_FRAMES))
            return result

        measured = interleave(self.alive, one_round, ROUNDS, failure=TaskError, seed=seed)
        for label, error in measured.failures.items():
            self.fail(label, error)
        return measured.results

    def overlaps(self, is_module: Mapping[str, bool]) -> dict[str, float | None]:
        """Mean IoU by title: threads change the speed, not the answers, so one job a title is asked."""
        asked: dict[str, float | None] = {}

        def ask(worker: Worker, label: str) -> None:
            title = self.jobs[label].title
            if title not in asked:
                asked[title] = None if is_module[label] else worker.call(session.overlap, ())

        self.each("accuracy", ask)
        return asked


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
    by_label = {job.label: job for job in jobs}
    with ExitStack() as stack:
        workers = {label: stack.enter_context(closing(Worker(job.threads, timeout))) for label, job in by_label.items()}
        run = _Run(by_label, workers, note)
        is_module: dict[str, bool] = run.each(
            "loading", lambda worker, label: worker.call(session.begin, (by_label[label], clips))
        )
        before, state_before = gemm_seconds(), machine_state()
        warm_ups: dict[str, WarmUp] = run.each("warm-up", lambda worker, label: worker.call(session.settle, ()))
        rounds = run.measure(min_time, seed)
        calibration, state_after = Calibration(before, gemm_seconds()), machine_state()
        finishes: dict[str, Finish] = run.each("memory", lambda worker, label: worker.call(session.finish, ()))
        differences: dict[str, float | None] = run.each(
            "comparing outputs", lambda worker, label: worker.call(session.difference, (by_label[label],))
        )
        overlaps = run.overlaps(is_module)
    profiles = tuple(
        Profile(
            job=by_label[label],
            warm_up=warm_ups[label],
            rounds=tuple(rounds[label]),
            finish=finishes[label],
            overlap=overlaps[by_label[label].title],
            difference=differences[label],
            is_module=is_module[label],
        )
        for label in run.alive
    )
    settings = {"min_time": min_time, "rounds": ROUNDS, "timeout": timeout, "seed": seed}
    states = {"before": state_before, "after": state_after}
    return Comparison(profiles, run.failures, clips, calibration, machine(), states, settings)
