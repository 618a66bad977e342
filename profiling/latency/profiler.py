"""The parent's side: trackers in workers of their own, measured in turns, each failing alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from evalkit.errors import InputError
from evalkit.running.in_process import InProcess
from evalkit.running.tasks import TaskError
from evalkit.running.threads import thread_limit
from evalkit.running.worker import Worker
from evalkit.trackers.base import RANDOM_WEIGHTS
from profiling.latency import worker as session
from profiling.latency.clips import ClipName
from profiling.latency.interleave import interleave
from profiling.latency.results import UNKNOWN, Finish, Loaded, Profile, Profiles, ProfileTarget, Round
from profiling.latency.steps import WarmUp
from profiling.machine.calibration import Calibration, gemm_seconds
from profiling.machine.cores import choose_cores
from profiling.machine.hardware import machine, machine_state
from profiling.machine.roofline import measure_ceilings

if TYPE_CHECKING:
    from profiling.complexity.report import ComplexityReport

ROUNDS, LEAST_ROUNDS = 200, 24
"""Short ones: other work comes and goes within fractions of a second, and should meet all trackers alike."""
LONGEST_SHARE, ALWAYS_GIVEN = 4.0, 15.0
"""A tracker that takes longer, at a frame a round, makes rounds fewer: so many times the time asked for, or seconds."""
LEAST_FRAMES = 1
"""Frames in a round at least."""

Answer = TypeVar("Answer")


@dataclass
class _Run:
    """The targets' workers, who has failed so far, and who could not answer when all was measured."""

    targets: Mapping[str, ProfileTarget]
    workers: Mapping[str, Worker | InProcess]
    note: Callable[[str], None]
    failures: dict[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)

    @property
    def alive(self) -> list[str]:
        """Labels of the targets that have not failed."""
        return [label for label in self.targets if label not in self.failures]

    def each(self, what: str, ask: Callable[[Worker | InProcess, str], Answer]) -> dict[str, Answer]:
        """``ask(worker, label)`` for every target that has not failed."""
        answers, errors = self._ask(what, self.alive, ask, (TaskError,))
        for label, error in errors.items():
            self.fail(label, error)
        return answers

    def late(self, what: str, ask: Callable[[Worker | InProcess, str], Answer]) -> dict[str, Answer]:
        """The same when all is measured: an error costs the answer, and those to later questions, but no latencies."""
        labels = [label for label in self.alive if label not in self.problems]
        answers, errors = self._ask(what, labels, ask, (TaskError, InputError))
        for label, error in errors.items():
            self.problems[label] = f"{what}: {error}, and nothing was asked after that"
            self.workers[label].kill()
        return answers

    def _ask(
        self,
        what: str,
        labels: Sequence[str],
        ask: Callable[[Worker | InProcess, str], Answer],
        expected: tuple[type[Exception], ...],
    ) -> tuple[dict[str, Answer], dict[str, Exception]]:
        answers: dict[str, Answer] = {}
        errors: dict[str, Exception] = {}
        for label in labels:
            self.note(f"{what}: {label}")
            try:
                answers[label] = ask(self.workers[label], label)
            except expected as error:
                errors[label] = error
        return answers, errors

    def fail(self, label: str, error: Exception) -> None:
        """Note a failure and end the worker."""
        self.failures[label] = str(error)
        self.workers[label].kill()

    def load(self, clips: tuple[ClipName, ...], live: Mapping[str, Any]) -> dict[str, Loaded]:
        """Load every target, and open the clips."""
        return self.each("loading", lambda worker, label: _begin(worker, self.targets[label], clips, live))

    def ask_late(self, loaded: Mapping[str, Loaded]) -> _Answers:
        """What costs no latencies any more, in this order: memory comes first, as the other questions take some."""
        targets = self.targets
        return _Answers(
            self.late("memory", lambda worker, label: worker.call(session.finish, ())),
            self.late("comparing outputs", lambda worker, label: worker.call(session.difference, (targets[label],))),
            self.once(
                "accuracy",
                lambda worker, label: worker.call(session.overlap, ()) if _has_accuracy(loaded[label]) else None,
            ),
            self.once("complexity", lambda worker, label: worker.call(session.complexity, (targets[label],))),
        )

    def measure(self, min_time: float, clips: int, seed: int, rounds: int) -> Mapping[str, Sequence[Round]]:
        """All rounds of the targets that did not fail, interleaved; in each round all of them follow the same clip."""
        self.note("measuring")

        def one_round(label: str, number: int) -> Round:
            clip = number * clips // rounds
            result: Round = self.workers[label].call(session.measure, (min_time / rounds, LEAST_FRAMES, clip))
            return result

        measured = interleave(self.alive, one_round, rounds, failure=TaskError, seed=seed)
        for label, error in measured.failures.items():
            self.fail(label, error)
        return measured.results

    def once(self, what: str, ask: Callable[[Worker | InProcess, str], Answer]) -> dict[str, Answer]:
        """:meth:`late` by title: threads change the speed, not the answers, so one target a title is asked."""
        asked: dict[str, Answer] = {}

        def ask_first(worker: Worker | InProcess, label: str) -> None:
            title = self.targets[label].title
            if title not in asked:
                asked[title] = ask(worker, label)

        self.late(what, ask_first)
        return asked


@dataclass(frozen=True)
class _Answers:
    """What was asked when all was measured, by label, and by title what threads do not change."""

    finishes: Mapping[str, Finish]
    differences: Mapping[str, float | None]
    overlaps: Mapping[str, float | None]
    complexities: Mapping[str, ComplexityReport | str]

    def profile(self, run: _Run, label: str, loaded: Loaded, warm_up: WarmUp, rounds: Sequence[Round]) -> Profile:
        """All that is known of a target."""
        target = run.targets[label]
        return Profile(
            target=target,
            warm_up=warm_up,
            rounds=tuple(rounds),
            finish=self.finishes.get(label, UNKNOWN),
            overlap=self.overlaps.get(target.title),
            difference=self.differences.get(label),
            complexity=self.complexities.get(target.title, ""),
            is_module=loaded.is_module,
            problem=run.problems.get(label, ""),
        )


def _has_accuracy(loaded: Loaded) -> bool:
    """A tracker, and not one whose boxes come from random weights: following all clips may take it minutes."""
    return not loaded.is_module and RANDOM_WEIGHTS not in loaded.note


def rounds_for(min_time: float, warm_ups: Iterable[WarmUp]) -> int:
    """As many rounds as the slowest tracker, which takes a frame in each, does not draw out."""
    slowest = max((warm_up.seconds / warm_up.frames for warm_up in warm_ups), default=0.0)
    fitting = int(max(LONGEST_SHARE * min_time, ALWAYS_GIVEN) / slowest) if slowest > 0 else ROUNDS
    return min(ROUNDS, max(LEAST_ROUNDS, fitting))


def _worker(target: ProfileTarget, timeout: float) -> Worker | InProcess:
    return InProcess(target.threads) if target.in_process else Worker(target.threads, timeout, beats_are_frames=False)


def _begin(
    worker: Worker | InProcess, target: ProfileTarget, clips: tuple[ClipName, ...], live: Mapping[str, Any]
) -> Loaded:
    if target.in_process:
        loaded: Loaded = worker.call(session.begin_live, (target, clips, live[target.label]))
    else:
        loaded = worker.call(session.begin, (target, clips))
    return loaded


def profile_targets(
    targets: Sequence[ProfileTarget],
    clips: tuple[ClipName, ...],
    *,
    live: Mapping[str, Any] = MappingProxyType({}),
    min_time: float,
    timeout: float,
    seed: int = 0,
    note: Callable[[str], None] = lambda message: None,
    remark: Callable[[str, str], None] = lambda title, note: None,
) -> Profiles:
    """Measure all targets, interleaved.

    Every target has a process of its own that sleeps while another one is measured; live ones share the calling one.

    Args:
        live: by label, a tracker or ``(module, inputs)`` that is measured in the calling process.
        min_time: seconds measured of each target, in two hundred rounds, or fewer
            where a slow one would draw them out.
        timeout: seconds that a frame may take.
        note: told what is going on.
        remark: told what a tracker says of itself, before anything is measured.

    Raises:
        InputError: a spec, option, device or clip is wrong; nothing was measured then. What goes wrong after the
            measurement is each profile's ``problem``.
    """
    with _workers(targets, timeout, note) as run:
        loaded = run.load(clips, live)
        for label in run.alive:
            if loaded[label].note:
                remark(run.targets[label].title, loaded[label].note)
        before, state_before = gemm_seconds(), machine_state()
        warm_ups: dict[str, WarmUp] = run.each("warm-up", lambda worker, label: worker.call(session.settle, ()))
        count = rounds_for(min_time, warm_ups.values())
        rounds = run.measure(min_time, len(clips), seed, count)
        calibration, state_after = Calibration(before, gemm_seconds()), machine_state()
        answers = run.ask_late(loaded)
    profiles = tuple(answers.profile(run, label, loaded[label], warm_ups[label], rounds[label]) for label in run.alive)
    settings = {"min_time": min_time, "rounds": count, "timeout": timeout, "seed": seed}
    states = {"before": state_before, "after": state_after}
    note("measuring ceilings")
    threads = sorted({profile.target.threads for profile in profiles if profile.has_roofline})
    ceilings = {count: measure_ceilings(count) for count in threads}
    return Profiles(profiles, run.failures, clips, calibration, machine(), states, settings, ceilings)


@contextmanager
def _workers(targets: Sequence[ProfileTarget], timeout: float, note: Callable[[str], None]) -> Iterator[_Run]:
    """A worker of each target, bound to the cores chosen for it, until the block ends; live ones share this process."""
    cores = choose_cores({target.threads for target in targets})
    by_label = {target.label: replace(target, cores=cores[target.threads]) for target in targets}
    with ExitStack() as stack:
        shared = {target.threads for target in targets if target.in_process}
        if len(shared) == 1:
            stack.enter_context(thread_limit(shared.pop()))
        workers = {label: stack.enter_context(closing(_worker(target, timeout))) for label, target in by_label.items()}
        yield _Run(by_label, workers, note)
