"""How far a run is, and what it came to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from evalkit.running.selection import Selection


class Progress(Protocol):
    """Whoever shows how far a run is."""

    def select(self, selection: Selection) -> None:
        """Before a tracker is loaded: what of a benchmark is to be run."""

    def remark(self, tracker: str, note: str) -> None:
        """Before anything is run: what a tracker says of itself, such as ``untrained``."""

    def begin(self, tracker: str, benchmark: str, *, sequences: int, frames: int, finished: int) -> None:
        """A tracker on a benchmark: so much is to do, ``finished`` sequences were done before."""

    def advance(self, tracker: str, benchmark: str, sequence: str, frames: int, failure: str | None) -> None:
        """A sequence ended; ``failure`` says why it failed."""


class Unwatched:
    """A progress that nobody looks at."""

    def select(self, selection: Selection) -> None:
        """Say nothing."""

    def remark(self, tracker: str, note: str) -> None:
        """Say nothing."""

    def begin(self, tracker: str, benchmark: str, *, sequences: int, frames: int, finished: int) -> None:
        """Say nothing."""

    def advance(self, tracker: str, benchmark: str, sequence: str, frames: int, failure: str | None) -> None:
        """Say nothing."""


@dataclass
class RunSummary:
    """What a run came to.

    Attributes:
        finished: sequences that were run.
        resumed: sequences that had been run before.
        failures: (tracker, benchmark, sequence).
        reasons: why each of them failed, in one line.
        stopped: more failed than were allowed.
        caveats: what a reader of the results has to know: sequences left out, what trackers say of themselves.
    """

    finished: int = 0
    resumed: int = 0
    failures: list[tuple[str, str, str]] = field(default_factory=list)
    reasons: dict[tuple[str, str, str], str] = field(default_factory=dict)
    stopped: bool = False
    caveats: list[str] = field(default_factory=list)

    def add(self, other: RunSummary) -> None:
        """Take in what a further run came to."""
        self.finished, self.resumed = self.finished + other.finished, self.resumed + other.resumed
        self.failures += other.failures
        self.reasons.update(other.reasons)
        self.stopped = self.stopped or other.stopped
        self.caveats += [caveat for caveat in other.caveats if caveat not in self.caveats]

    def fail(self, what: tuple[str, str, str], reason: str) -> None:
        """Add a failure."""
        self.failures.append(what)
        self.reasons[what] = reason
