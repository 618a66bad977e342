"""The worker's side of a profile: one tracker in a fresh process, called part by part.

The functions below are what the parent sends to a worker; the session that they share lives in the worker's context.
Nothing here imports torch, so that the memory of a tracker without it is its own.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.boxes import iou_continuous
from evalkit.errors import InputError
from evalkit.running.heartbeat import current_heartbeat
from evalkit.running.tracking import track
from evalkit.trackers.base import Tracker, facts_of
from evalkit.trackers.spec import load_spec
from profiling.latency.clips import Clip, ClipName, open_clip
from profiling.latency.results import Finish, Loaded, ProfileTarget, Round
from profiling.latency.steps import HostRecorder, StageRecorder, Step, WarmUp, module_steps, steps, warm_up
from profiling.machine.cores import keep_to
from profiling.machine.energy import EnergyMeter, NoEnergyMeter, open_meter
from profiling.machine.hardware import gpu_state, thread_settings
from profiling.machine.process import cuda_peak_bytes, peak_resident_bytes, resident_bytes, run_delay_clock

if TYPE_CHECKING:
    from profiling.complexity.report import ComplexityReport


@dataclass(frozen=True)
class Session:
    """A tracker (or module) in its process, with the steps that it takes on and on.

    Attributes:
        loaded_resident: bytes of memory when the tracker was built; None in a process that it shares.
        clip: index of the clip that they go over again and again; None for all of them in turn.
    """

    subject: Any
    clips: tuple[Clip, ...]
    start: Start
    clock: Clock
    meter: EnergyMeter | NoEnergyMeter
    device: str
    loaded_resident: int | None
    steps: Iterator[Step]
    clip: int | None = None


Clock = Callable[[], tuple[StageRecorder, Callable[[], None]]]
"""Makes a recorder of stages, and what to call at the end of each step."""

Start = Callable[[tuple[Clip, ...], StageRecorder, Callable[[], None]], Iterator[Step]]
"""Begins to step over clips with such a clock."""

THROUGHPUT_FRAMES = 200

_current: ContextVar[Session] = ContextVar("profiled_session")


def begin(target: ProfileTarget, clips: tuple[ClipName, ...]) -> Loaded:
    """Load the tracker and open the clips."""
    keep_to(target.cores)
    subject: Any = load_spec(target.spec)
    _pin_torch(target.threads)
    return begin_live(target, clips, subject)


def begin_live(target: ProfileTarget, clips: tuple[ClipName, ...], subject: Any) -> Loaded:
    """Open the clips for a subject that is loaded: a tracker, or ``(module, inputs)``."""
    is_module = isinstance(subject, tuple)
    run_delay = run_delay_clock()
    opened = () if is_module else tuple(open_clip(clip) for clip in clips)
    start = _module_start(target, subject) if is_module else _tracker_start(target, subject, run_delay)
    clock = partial(_clock, target.device, run_delay)
    meter, steps_on = open_meter(target.device), start(opened, *clock())
    loaded = None if target.in_process else resident_bytes()
    session = Session(subject, opened, start, clock, meter, target.device, loaded, steps_on)
    _current.set(session)
    return Loaded(is_module, _note(subject))


def _note(subject: Any) -> str:
    try:
        return facts_of(subject).get("note", "")
    except Exception:  # noqa: BLE001 - whatever describe() raises is told when all is measured, and costs nothing then
        return ""


def _module_start(target: ProfileTarget, subject: Any) -> Start:
    from profiling.backends.module_runner import module_call
    from profiling.complexity.parts import checked_part

    call = module_call(checked_part(target.spec, subject), target.backend, target.device)
    return lambda clips, recorder, synchronise: module_steps(call, recorder, synchronise)


def _tracker_start(target: ProfileTarget, subject: Any, run_delay: Callable[[], float]) -> Start:
    if target.backend and "backend=" not in target.spec:
        raise InputError(f"'{target.spec}' is a tracker: its backend is its own affair", hint="leave --backend out")
    if not (hasattr(subject, "init") and hasattr(subject, "update")):
        raise InputError(
            f"'{target.spec}' is no tracker: it has no init() and update()",
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


def settle() -> WarmUp:
    """Warm up."""
    return warm_up(loaded_session().steps)


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
    own = session.loaded_resident is not None
    return Finish(
        peak_resident=peak_resident_bytes() if own else None,
        loaded_resident=session.loaded_resident,
        cuda_peak=cuda_peak_bytes() if own else None,
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


def mean_overlap(tracker: Tracker, clips: Sequence[Clip]) -> float | None:
    """Mean over clips of the mean IoU over frames; the first frame and frames without annotation are left out.

    None where no other frame is annotated, as in GOT-10k's test set. A measure for a plot of speed against accuracy,
    under no benchmark's protocol.
    """
    heartbeat = current_heartbeat.get()
    on_frame = None if heartbeat is None else heartbeat.beat
    means = []
    for clip in clips:
        annotated = np.isfinite(clip.boxes[1:]).all(axis=1)
        if annotated.any():
            boxes = track(tracker, clip.frames, clip.boxes[0], on_frame=on_frame, depth=0).boxes
            means.append(iou_continuous(boxes[1:][annotated], clip.boxes[1:][annotated]).mean())
    return float(np.mean(means)) if means else None


def difference(target: ProfileTarget) -> float | None:
    """Largest absolute difference of the network's outputs from eager; None without a network or another backend."""
    if not target.backend:
        return None
    from profiling.backends.module_runner import largest_difference
    from profiling.complexity.parts import network_parts

    module, inputs = network_parts(target.spec, current_session().subject)["frame"]
    return largest_difference(module, tuple(inputs), target.backend)


def complexity(target: ProfileTarget) -> ComplexityReport | str:
    """What the networks cost, or why that is not known; an empty reason for a tracker that shows none."""
    from profiling.complexity.count import HasComplexity
    from profiling.complexity.parts import network_parts
    from profiling.complexity.report import count_parts

    subject = current_session().subject
    shows_network = isinstance(subject, tuple | HasComplexity)
    if not shows_network:
        return ""
    try:
        report = count_parts(target.spec, network_parts(target.spec, subject))
    except InputError as error:
        return f"{error.path}: {error.problem}" if error.path else error.problem  # the way out is another command's
    return report.disagreement or report


def overlap() -> float | None:
    """Mean IoU on the clips, each tracked once from its start; see :func:`mean_overlap`."""
    session = loaded_session()
    return mean_overlap(session.subject, session.clips)
