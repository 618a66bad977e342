"""Timing on a CUDA device: events on the stream, one synchronisation a frame, and a batch without any."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from time import perf_counter
from types import TracebackType
from typing import Any

import torch

from evalkit.errors import InputError
from profiling.latency.steps import NestedStageError, Step


def require_cuda() -> None:
    """Raise InputError when there is no CUDA device that torch can use."""
    if not torch.cuda.is_available():
        raise InputError("--device cuda: torch finds no CUDA device here", hint="use --device cpu")


def synchronise() -> None:
    """Wait until the device has done everything it was given."""
    torch.cuda.synchronize()


class EventRecorder:
    """Stages by CUDA events: recorded without waiting, read after the frame's one synchronisation."""

    def __init__(self) -> None:
        self._spans: list[tuple[str, Any, Any]] = []
        self._name, self._open = "", ""

    def __call__(self, name: str) -> EventRecorder:
        self._name = name
        return self

    def __enter__(self) -> None:
        if self._open:
            raise NestedStageError(self._name, self._open)
        self._open = self._name
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
        start.record()
        self._spans.append((self._name, start, end))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._open = ""
        self._spans[-1][2].record()

    def take(self) -> dict[str, float]:
        """Seconds by stage since the last call; the device has been synchronised."""
        spans, self._spans = self._spans, []
        seconds: dict[str, float] = {}
        for name, start, end in spans:
            seconds[name] = seconds.get(name, 0.0) + start.elapsed_time(end) / 1000
        return seconds

    def waited(self) -> float:
        """Nothing: the device's clock does not run on the host."""
        return 0.0


def throughput(steps: Iterator[Step], frames: int) -> float:
    """Frames a second over ``frames`` steps that are not synchronised one by one."""
    synchronise()
    start = perf_counter()
    for _ in islice(steps, frames):
        pass
    synchronise()
    return frames / (perf_counter() - start)
