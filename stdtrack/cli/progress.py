"""How far a run is: bars on a terminal, one line a sequence elsewhere; always on stderr."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from evalkit.shown import counted, shortened_apart
from evalkit.shown import one_line as shown
from evalkit.trackers.base import remark
from stdtrack.cli.bars import bar_of, is_watched, name_width, terminal
from stdtrack.cli.messages import echo_line

if TYPE_CHECKING:
    from rich.progress import TaskID

    from evalkit.running.selection import Selection

Label = Callable[[str], str]
ALL = "all"
"""What the bar of all trackers is called; it is shown where there are several."""


class Begun:
    """What both kinds of progress remember.

    Args:
        label: what a tracker is called.

    Attributes:
        begun: something was begun; until then a run has deleted nothing for good and finished nothing.
    """

    def __init__(self, label: Label = str) -> None:
        self.begun = False
        self.label = label
        self._reasons: dict[tuple[str, str], str] = {}

    def named(self, tracker: str, benchmark: str) -> str:
        """A tracker on a benchmark, in words."""
        return f"{self.label(tracker)} on {benchmark}"

    def told(self, tracker: str, benchmark: str, failure: str) -> str:
        """A failure in words; the reason is not repeated as long as one sequence after the other fails for it."""
        before = self._reasons.get((tracker, benchmark))
        self._reasons[tracker, benchmark] = failure
        return "FAILED like the one before" if failure == before else f"FAILED: {failure}"


class PlainProgress(Begun):
    """One line for what begins and for what ends."""

    def __enter__(self) -> PlainProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def select(self, selection: Selection) -> None:
        """Say what is left out."""
        for line in selection.caveats:
            echo_line(line)

    def remark(self, tracker: str, note: str) -> None:
        """Say what a tracker says of itself."""
        tell_remark(self.label(tracker), note)

    def begin(self, tracker: str, benchmark: str, *, sequences: int, frames: int, finished: int) -> None:
        """Say how much is to do."""
        self.begun = True
        before = f" ({finished} finished before)" if finished else ""
        echo_line(f"{self.named(tracker, benchmark)}: {counted(sequences)}, {frames} frames{before}")

    def advance(self, tracker: str, benchmark: str, sequence: str, frames: int, failure: str | None) -> None:
        """Say how a sequence ended."""
        told = self.told(tracker, benchmark, failure) if failure else "done"
        echo_line(f"{self.named(tracker, benchmark)}: {sequence} {told}")


class BarProgress(Begun):
    """A bar for all, and one for each tracker on each benchmark that is not done yet, counted in frames."""

    def __init__(self, label: Label = str) -> None:
        super().__init__(label)
        self._console = terminal()
        self._progress = bar_of("frames", self._console)
        self._all, self._total = self._progress.add_task(ALL, total=0, visible=False), 0
        self._bars: dict[tuple[str, str], TaskID] = {}

    def __enter__(self) -> BarProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def select(self, selection: Selection) -> None:
        """Say what is left out."""
        for line in selection.caveats:
            self._print(line)

    def remark(self, tracker: str, note: str) -> None:
        """Say what a tracker says of itself."""
        self._print(remark(self.label(tracker), note))

    def begin(self, tracker: str, benchmark: str, *, sequences: int, frames: int, finished: int) -> None:
        """Add a bar, if there is anything to do."""
        self.begun = True
        self._progress.start()  # again and again does no harm; before, there is no bar to be shown
        if finished:
            self._print(f"{self.named(tracker, benchmark)}: {finished} finished before")
        if not sequences:
            return
        self._total += frames
        self._bars[tracker, benchmark] = self._progress.add_task("", total=frames)
        self._progress.update(self._all, total=self._total, visible=len(self._bars) > 1)
        names = {place: shown(self.named(*place)) for place in self._bars}
        short = shortened_apart(names.values(), name_width(self._console))
        for place, bar in self._bars.items():
            self._progress.update(bar, description=short[names[place]])

    def advance(self, tracker: str, benchmark: str, sequence: str, frames: int, failure: str | None) -> None:
        """Move the bars on by a sequence; a full one makes room for those to come."""
        bar, name = self._bars[tracker, benchmark], self.named(tracker, benchmark)
        self._progress.advance(bar, frames)
        self._progress.advance(self._all, frames)
        if self._progress.tasks[0].finished:
            self._progress.update(self._all, visible=False)
        if failure:
            self._print(f"{name}: {sequence} {self.told(tracker, benchmark, failure)}")
        if next(task.finished for task in self._progress.tasks if task.id == bar):
            self._progress.update(bar, visible=False)
            self._print(f"{name}: done")

    def _print(self, line: str) -> None:
        self._console.print(shown(line), markup=False, highlight=False)


def make_progress(label: Label = str) -> PlainProgress | BarProgress:
    """Bars where a person watches; ``label`` is what a tracker is called."""
    return BarProgress(label) if is_watched() else PlainProgress(label)


def tell_remark(tracker: str, note: str) -> None:
    """The same on stderr, if there is a note."""
    if note:
        echo_line(remark(tracker, note))
