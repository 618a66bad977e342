"""What a worker hands back: its rounds, and what is known when they are over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from profiling.latency.steps import Step


@dataclass(frozen=True)
class Loaded:
    """What is known of a subject when it is loaded.

    Attributes:
        is_module: a plain module, which has the scope ``model`` alone.
        note: what a tracker says of itself, such as ``untrained``.
    """

    is_module: bool
    note: str = ""


@dataclass(frozen=True)
class Round:
    """What one round brought.

    Attributes:
        resident: bytes of memory after it.
        joules: None without a counter.
        gpu: its state after the round.
    """

    steps: tuple[Step, ...]
    resident: int
    joules: float | None
    gpu: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Finish:
    """What is known at the end: bytes of memory, threads as set, facts of the tracker.

    Attributes:
        peak_resident: of the whole process, interpreter and libraries included.
        loaded_resident: when the tracker was built, before the first frame.
        throughput: frames a second without synchronisation; CUDA only.
        energy: the counter used, or why there is none.
    """

    peak_resident: int | None
    loaded_resident: int | None
    cuda_peak: int | None
    threads: Mapping[str, Any]
    facts: Mapping[str, str]
    throughput: float | None
    energy: str


UNKNOWN = Finish(None, None, None, {}, {}, None, "unknown")
"""Of a tracker that could not be asked."""
