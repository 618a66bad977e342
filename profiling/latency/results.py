"""What a run measured: every round of every job, and the machine that it was measured on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from profiling.latency.clips import ClipName
from profiling.latency.measured import Finish, Round
from profiling.latency.profile_target import Job
from profiling.latency.statistics import Seconds
from profiling.latency.steps import FORWARD, Step
from profiling.latency.warm_up import WarmUp
from profiling.machine.calibration import Calibration
from profiling.machine.roofline import Ceilings

if TYPE_CHECKING:
    from profiling.complexity.report import ComplexityReport


@dataclass(frozen=True)
class Profile:
    """Everything measured of one job.

    Attributes:
        rounds: as they were measured, in order.
        overlap: mean IoU on the clips; None for a module.
        difference: largest absolute difference of the network's outputs from eager; None for no other backend.
        complexity: of the networks, or why it is not known; empty for a tracker that shows no network.
        is_module: a plain module, called with its example inputs: the scope ``model`` alone.
        problem: what went wrong after the measurement, so that some of the above is not known; else empty.
    """

    job: Job
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
        if self.counted is None or self.job.device != "cpu" or not self.latencies("model"):
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
        return {name: count for name, count in counts.items() if count > self.job.threads}

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
