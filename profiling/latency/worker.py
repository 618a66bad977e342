"""The worker's side of a profile: one tracker in a fresh process, called part by part.

The functions below are what the parent sends to a worker; the session that they share lives in the worker's context.
Nothing here imports torch, so that the memory of a tracker without it is its own.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import partial
from time import perf_counter
from typing import Any

from evalkit.errors import InputError
from evalkit.running.heartbeat import current_heartbeat
from evalkit.trackers.base import facts_of
from evalkit.trackers.spec import load_spec
from profiling.latency import warm_up as warming
from profiling.latency.clips import Clip, ClipName, open_clip
from profiling.latency.measured import Finish, Loaded, Round
from profiling.latency.profile_target import Job
from profiling.latency.steps import HostRecorder, StageRecorder, Step, module_steps, steps
from profiling.machine.cores import keep_to
from profiling.machine.energy import EnergyMeter, NoEnergyMeter, open_meter
from profiling.machine.hardware import gpu_state, thread_settings
from profiling.machine.memory import cuda_peak_bytes, peak_resident_bytes, resident_bytes
from profiling.machine.run_delay import run_delay_clock


@dataclass(frozen=True)
class Session:
    """A tracker (or module) in its process, with the steps that it takes on and on.

    Attributes:
        loaded_resident: bytes of memory when the tracker was built.
        clip: index of the clip that they go over again and again; None for all of them in turn.
    """

    subject: Any
    clips: tuple[Clip, ...]
    start: Start
    clock: Clock
    meter: EnergyMeter | NoEnergyMeter
    device: str
    loaded_resident: int
    steps: Iterator[Step]
    clip: int | None = None


Clock = Callable[[], tuple[StageRecorder, Callable[[], None]]]
"""Makes a recorder of stages, and what to call at the end of each step."""

Start = Callable[[tuple[Clip, ...], StageRecorder, Callable[[], None]], Iterator[Step]]
"""Begins to step over clips with such a clock."""

THROUGHPUT_FRAMES = 200

_current: ContextVar[Session] = ContextVar("profiled_session")


def begin(job: Job, clips: tuple[ClipName, ...]) -> Loaded:
    """Load the tracker and open the clips."""
    keep_to(job.cores)
    subject: Any = load_spec(job.spec)
    _pin_torch(job.threads)
    is_module = isinstance(subject, tuple)
    run_delay = run_delay_clock()
    opened = () if is_module else tuple(open_clip(clip) for clip in clips)
    start = _module_start(job, subject) if is_module else _tracker_start(job, subject, run_delay)
    clock = partial(_clock, job.device, run_delay)
    meter, steps_on = open_meter(job.device), start(opened, *clock())
    session = Session(subject, opened, start, clock, meter, job.device, resident_bytes(), steps_on)
    _current.set(session)
    return Loaded(is_module, facts_of(subject).get("note", ""))


def _module_start(job: Job, subject: Any) -> Start:
    from profiling.backends.module_runner import module_call
    from profiling.complexity.parts import checked_part

    call = module_call(checked_part(job.spec, subject), job.backend, job.device)
    return lambda clips, recorder, synchronise: module_steps(call, recorder, synchronise)


def _tracker_start(job: Job, subject: Any, run_delay: Callable[[], float]) -> Start:
    if job.backend and "backend=" not in job.spec:
        raise InputError(f"'{job.spec}' is a tracker: its backend is its own affair", hint="leave --backend out")
    if not (hasattr(subject, "init") and hasattr(subject, "update")):
        raise InputError(
            f"'{job.spec}' is no tracker: it has no init() and update()",
            hint="a network comes from a factory that returns (module, example_inputs)",
        )
    return partial(steps, subject, run_delay=run_delay)


def current_session() -> Session:
    """What :func:`begin` began in this process."""
    return _current.get()


def loaded_session() -> Session:
    """The same. Its tracker is loaded, so the time limit of a frame holds from the first one of a call on."""
    heartbeat = current_heartbeat.get()
    if heartbeat is not None:
        heartbeat.beat()
    return _current.get()


def settle() -> warming.WarmUp:
    """Warm up."""
    return warming.warm_up(loaded_session().steps)


def measure(seconds: float, least: int, clip: int) -> Round:
    """Step over a clip, on from where the last round left it; every step counts, so what is rare is not lost.

    Args:
        seconds: how long.
        least: steps at least.
        clip: index of the clip; a module has none.
    """
    session = _on_clip(loaded_session(), clip)
    taken: list[Step] = []
    start = session.meter.read() if isinstance(session.meter, EnergyMeter) else None
    end = perf_counter() + seconds
    while len(taken) < least or perf_counter() < end:
        taken.append(next(session.steps))
    joules = session.meter.joules_since(start) if isinstance(session.meter, EnergyMeter) and start is not None else None
    gpu = gpu_state() if session.device.startswith("cuda") else {}
    return Round(tuple(taken), resident_bytes(), joules, gpu)


def _on_clip(session: Session, clip: int) -> Session:
    if not session.clips or session.clip == clip:
        return session
    moved = replace(session, clip=clip, steps=session.start(session.clips[clip : clip + 1], *session.clock()))
    _current.set(moved)
    return moved


def finish() -> Finish:
    """Peak memory, threads, facts; then, on CUDA, the throughput without synchronisation."""
    session = _current.get()
    meter = session.meter
    return Finish(
        peak_resident=peak_resident_bytes(),
        loaded_resident=session.loaded_resident,
        cuda_peak=cuda_peak_bytes(),
        threads=thread_settings(),
        facts=facts_of(session.subject),
        throughput=_throughput(session),
        energy=meter.source if isinstance(meter, EnergyMeter) else f"not available: {meter.reason}",
    )


def _pin_torch(threads: int) -> None:
    """Set torch's two thread counts, if the tracker brought torch; OpenMP, BLAS and cv2 were set by the worker."""
    torch = sys.modules.get("torch")
    if torch is None:
        return
    torch.set_num_threads(threads)
    if torch.get_num_interop_threads() != 1:
        torch.set_num_interop_threads(1)


def _clock(device: str, run_delay: Callable[[], float]) -> tuple[StageRecorder, Callable[[], None]]:
    if not device.startswith("cuda"):
        return HostRecorder(run_delay), _no_wait
    from profiling.latency.cuda import EventRecorder, require_cuda, synchronise

    require_cuda()
    return EventRecorder(), synchronise


def _no_wait() -> None:
    """The CPU is done when a call returns."""


def _throughput(session: Session) -> float | None:
    if not session.device.startswith("cuda"):
        return None
    from profiling.latency.cuda import throughput

    return throughput(session.start(session.clips, HostRecorder(), _no_wait), THROUGHPUT_FRAMES)
