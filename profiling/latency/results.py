"""What a run measured: every round of every target, and the machine that it was measured on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from profiling.latency.clips import ClipName
from profiling.latency.statistics import Seconds
from profiling.latency.steps import FORWARD, Step, WarmUp
from profiling.machine.calibration import Calibration
from profiling.machine.roofline import Ceilings

if TYPE_CHECKING:
    from profiling.complexity.report import ComplexityReport


@dataclass(frozen=True)
class ProfileTarget:
    """One tracker (or module) under one setting.

    Attributes:
        spec: what is loaded; a tracker's backend and device are options in it.
        threads: of every library in the worker.
        device: ``cpu`` or ``cuda``.
        backend: what runs the network, perhaps with its precision (``onnx:int8``); empty for the tracker's own.
        name: what the user wrote, if that differs from ``spec``.
        cores: what its process is bound to; empty for all.
        in_process: a live subject, measured in the calling process.
    """

    spec: str
    threads: int = 1
    device: str = "cpu"
    backend: str = ""
    name: str = ""
    cores: tuple[int, ...] = ()
    in_process: bool = False

    @property
    def title(self) -> str:
        """Name, backend and device: what targets with other numbers of threads share."""
        extra = [self.backend] if self.backend else []
        extra += [self.device] if self.device != "cpu" else []
        name = self.name or self.spec
        return f"{name} [{', '.join(extra)}]" if extra else name

    @property
    def label(self) -> str:
        """Tells targets apart."""
        return self.title if self.threads == 1 else f"{self.title} x{self.threads}"


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


@dataclass(frozen=True)
class Profile:
    """Everything measured of one target.

    Attributes:
        rounds: as they were measured, in order.
        overlap: mean IoU on the clips; None for a module, and where no frame but the first is annotated.
        difference: largest absolute difference of the network's outputs from eager; None for no other backend.
        complexity: of the networks, or why it is not known; empty for a tracker that shows no network.
        is_module: a plain module, called with its example inputs: the scope ``model`` alone.
        problem: what went wrong after the measurement, so that some of the above is not known; else empty.
    """

    target: ProfileTarget
    warm_up: WarmUp
    rounds: tuple[Round, ...]
    finish: Finish
    overlap: float | None
    difference: float | None
    complexity: ComplexityReport | str
    is_module: bool
    problem: str = ""

    def latencies(self, scope: str) -> list[Seconds]:
        """(n,) seconds of the frames of each round; empty where the scope is not available."""
        return self._by_round(scope, Step.seconds)

    def undisturbed(self, scope: str) -> list[Seconds]:
        """:meth:`latencies` without the time in which another program held the processor."""
        return self._by_round(scope, Step.undisturbed)

    @property
    def round_clips(self) -> list[str]:
        """The clip of each round."""
        return [part.steps[-1].clip for part in self.rounds]

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
    def counted(self) -> ComplexityReport | None:
        """Complexity, where it is known."""
        return None if isinstance(self.complexity, str) else self.complexity

    @property
    def has_roofline(self) -> bool:
        """A counted network on the CPU that was timed by itself, computes and moves something."""
        if self.counted is None or self.target.device != "cpu" or not self.latencies("model"):
            return False
        frame = self.counted.parts["frame"]
        return frame.flops > 0 and frame.bytes_moved > 0

    @property
    def forward_share(self) -> float:
        """Share of the frames in which the tracker ran its stage ``forward``."""
        return sum(FORWARD in step.stages for part in self.rounds for step in part.steps) / self.frames

    @property
    def excess_threads(self) -> Mapping[str, int]:
        """Libraries that end with more threads than they were given, by name: the tracker set them."""
        found = {**self.finish.threads.get("pools", {}), **self.finish.threads}
        counts = {name: count for name, count in found.items() if isinstance(count, int) and name != "torch_inter"}
        return {name: count for name, count in counts.items() if count > self.target.threads}

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
class Profiles:
    """A run: all profiles, the failures, and the machine.

    Attributes:
        failures: one line by target label, of those that could not be measured.
        state: the machine's state before and after.
        ceilings: what the machine allows, by number of threads of the profiles that have a roofline.
    """

    profiles: tuple[Profile, ...]
    failures: Mapping[str, str]
    clips: tuple[ClipName, ...]
    calibration: Calibration
    machine: Mapping[str, Any]
    state: Mapping[str, Any]
    settings: Mapping[str, Any] = field(default_factory=dict)
    ceilings: Mapping[int, Ceilings] = field(default_factory=dict)
