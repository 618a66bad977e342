"""What there is to know about figures besides the figures: returned as data, never printed here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalkit.suggestions import some

if TYPE_CHECKING:
    from evalkit.scoring.evaluate import Refused


@dataclass(frozen=True)
class Caveat:
    """One thing to know, such as how results were read or what a benchmark on disk lacks.

    Attributes:
        subject: what it is about: a benchmark, trackers on a benchmark, a file.
        text: what to know about it, in one line.
    """

    subject: str
    text: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.text}"


Tell = Callable[["Caveat | Refused"], None]
"""Is called with each caveat and each refused tracker as soon as it is known, hence also before an error."""


class Told:
    """Collects caveats and refused trackers in their order, and passes each on to a listener.

    Args:
        tell: the listener; None where nobody listens.
    """

    def __init__(self, tell: Tell | None = None) -> None:
        self.caveats: list[Caveat] = []
        self.listened = tell is not None
        self._tell: Tell = tell or (lambda _: None)

    def add(self, subject: str, texts: Iterable[str]) -> None:
        """Note a caveat for each text."""
        for text in texts:
            self.caveats.append(Caveat(subject, text))
            self._tell(self.caveats[-1])

    def refuse(self, refused: Iterable[Refused]) -> None:
        """Pass on the trackers that are left out."""
        for tracker in refused:
            self._tell(tracker)


def left_out(refused: Iterable[Refused]) -> str:
    """The trackers that were left out, each once and the first by name; empty if there are none."""
    return some(list(dict.fromkeys(tracker.tracker for tracker in refused)))
