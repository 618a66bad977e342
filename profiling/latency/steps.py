"""A tracker run over clips frame by frame, every frame timed: what the three scopes are made of.

``model`` is what the tracker calls its stage ``forward`` (tensors in, tensors out), ``track`` one call of ``update``
(crop, model, box), ``pipeline`` adds reading and decoding the image. All three come from the same frames of a real
sequence, so the tracker's state evolves as it does in use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from time import perf_counter
from types import TracebackType
from typing import Any, Protocol

import numpy as np

from evalkit.running.heartbeat import Heartbeat, current_heartbeat
from evalkit.trackers.answers import naming_frame, read_answer
from evalkit.trackers.base import Tracker
from evalkit.trackers.stages import Staged
from profiling.latency.clips import Clip

SCOPES = ("model", "track", "pipeline")
FORWARD = "forward"


@dataclass(frozen=True, slots=True)
class Step:
    """One frame; times in seconds.

    Attributes:
        clip: name of the clip; empty for a module that is called with its example inputs.
        frame: index in the clip.
        decode: reading and decoding the image.
        track: one call of ``update``.
        stages: the parts of ``update`` that the tracker names.
        init: the call of ``init`` before frame 1, else 0.
        waits: by scope, how long of it another program held the processor.
    """

    clip: str
    frame: int
    decode: float
    track: float
    stages: Mapping[str, float] = field(default_factory=dict)
    init: float = 0.0
    waits: Mapping[str, float] = field(default_factory=dict)

    def seconds(self, scope: str) -> float | None:
        """The frame's time in a scope; None where the tracker names no stage ``forward``."""
        if scope == "model":
            return self.stages.get(FORWARD)
        return self.track if scope == "track" else self.track + self.decode

    def undisturbed(self, scope: str) -> float | None:
        """:meth:`seconds` without the waits for the processor.

        Waits are read just outside of the interval that is timed: one as long as the frame was not in it, and stays.
        """
        seconds, waits = self.seconds(scope), self.waits.get(scope, 0.0)
        return seconds if seconds is None or waits >= seconds else seconds - waits


class StageRecorder(Protocol):
    """Times the stages of one step, and hands them over."""

    def __call__(self, name: str) -> Any:
        """A context manager around the stage ``name``."""

    def take(self) -> dict[str, float]:
        """Seconds by stage since the last call."""

    def waited(self) -> float:
        """Seconds since the last call that the stage ``forward`` waited for the processor."""


class NestedStageError(Exception):
    """A stage began within another one, so that neither could be told from the other."""

    def __init__(self, inner: str, outer: str) -> None:
        super().__init__(f"stage '{inner}' begins within stage '{outer}': stages do not nest")


class HostRecorder:
    """Stages by the host's clock; one object for all of them.

    Raises:
        NestedStageError: when a stage begins within another.
    """

    def __init__(self, run_delay: Callable[[], float] = lambda: 0.0) -> None:
        self._seconds: dict[str, float] = {}
        self._name, self._open, self._start = "", "", 0.0
        self._run_delay, self._before, self._waited = run_delay, 0.0, 0.0

    def __call__(self, name: str) -> HostRecorder:
        self._name = name
        return self

    def __enter__(self) -> None:
        if self._open:
            raise NestedStageError(self._name, self._open)
        self._open = self._name
        if self._name == FORWARD:
            self._before = self._run_delay()
        self._start = perf_counter()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        elapsed = perf_counter() - self._start
        name, self._open = self._open, ""
        self._seconds[name] = self._seconds.get(name, 0.0) + elapsed
        if name == FORWARD:
            self._waited += self._run_delay() - self._before

    def take(self) -> dict[str, float]:
        """Seconds by stage since the last call."""
        seconds, self._seconds = self._seconds, {}
        return seconds

    def waited(self) -> float:
        """Seconds since the last call that the stage ``forward`` waited for the processor."""
        waited, self._waited = self._waited, 0.0
        return waited


def steps(
    tracker: Tracker,
    clips: Sequence[Clip],
    recorder: StageRecorder,
    synchronise: Callable[[], None],
    run_delay: Callable[[], float] = lambda: 0.0,
) -> Iterator[Step]:
    """Run over the clips again and again, and yield every step.

    ``synchronise`` waits for the device at the end of each step: one synchronisation a frame. ``run_delay`` is the
    clock of waits for the processor.

    Raises:
        NonsenseError: an answer is not four finite numbers and a score.
    """
    if isinstance(tracker, Staged):
        tracker.stage = recorder
    beat = _beat()
    for clip in cycle(clips):
        image = clip.frames.read(0)
        begin = perf_counter()
        tracker.init(image, clip.boxes[0].copy())
        synchronise()
        init = perf_counter() - begin
        beat()
        recorder.take()
        recorder.waited()
        for index in range(1, len(clip.frames)):
            delay = run_delay()
            begin = perf_counter()
            image = clip.frames.read(index)
            decode = perf_counter() - begin
            delay_decoded = run_delay()
            begin = perf_counter()
            with naming_frame(index, tracker):
                prediction = tracker.update(image)
                synchronise()
                track = perf_counter() - begin
                delay_end = run_delay()
                read_answer(prediction)
            beat()
            waits = {"model": recorder.waited(), "track": delay_end - delay_decoded, "pipeline": delay_end - delay}
            yield Step(clip.name, index, decode, track, recorder.take(), init, waits)
            init = 0.0


def module_steps(
    call: Callable[[], object], recorder: StageRecorder, synchronise: Callable[[], None]
) -> Iterator[Step]:
    """Call a module with its example inputs again and again: the scope ``model`` alone."""
    beat = _beat()
    frame = 0
    while True:
        begin = perf_counter()
        with recorder(FORWARD):
            call()
        synchronise()
        elapsed = perf_counter() - begin
        beat()
        yield Step("", frame, 0.0, elapsed, recorder.take(), waits={"model": recorder.waited()})
        frame += 1


def _beat() -> Callable[[], None]:
    heartbeat: Heartbeat | None = current_heartbeat.get()
    return (lambda: None) if heartbeat is None else heartbeat.beat


WINDOW = 5
WINDOWS = 3
TOLERANCE = 0.02
LONGEST = 10.0
"""Seconds after which a tracker that does not settle is measured as it is."""

SHORTEST_CLIP = WINDOW * WINDOWS + 1


@dataclass(frozen=True)
class WarmUp:
    """What it took: ``steady`` is False when the medians never agreed."""

    frames: int
    seconds: float
    steady: bool


def warm_up(steps: Iterator[Step], *, longest: float = LONGEST) -> WarmUp:
    """Step until the medians of the last three windows of five frames agree within 2 %, or for ``longest`` seconds."""
    start = perf_counter()
    medians: list[float] = []
    while True:
        medians.append(float(np.median([next(steps).track for _ in range(WINDOW)])))
        last = medians[-WINDOWS:]
        steady = len(last) == WINDOWS and max(last) <= min(last) * (1 + TOLERANCE)
        elapsed = perf_counter() - start
        if steady or (elapsed > longest and len(medians) >= WINDOWS):
            return WarmUp(len(medians) * WINDOW, elapsed, steady)
