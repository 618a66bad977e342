"""How far a run is: bars on a terminal, one line a sequence elsewhere; always on stderr."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING

from evalkit.shown import counted
from evalkit.shown import one_line as shown
from evalkit.trackers.base import remark
from stdtrack.cli.messages import echo_line

if TYPE_CHECKING:
    from evalkit.running.selection import Selection


class Begun:
    """What both kinds of progress remember.

    Attributes:
        begun: something was begun; until then a run has deleted nothing for good and finished nothing.
    """

    def __init__(self) -> None:
        self.begun = False
        self._reasons: dict[tuple[str, str], str] = {}

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
        tell_remark(tracker, note)

    def begin(self, tracker: str, benchmark: str, *, sequences: int, frames: int, finished: int) -> None:
        """Say how much is to do."""
        self.begun = True
        before = f" ({finished} finished before)" if finished else ""
        echo_line(f"{tracker} on {benchmark}: {counted(sequences)}, {frames} frames{before}")

    def advance(self, tracker: str, benchmark: str, sequence: str, frames: int, failure: str | None) -> None:
        """Say how a sequence ended."""
        told = self.told(tracker, benchmark, failure) if failure else "done"
        echo_line(f"{tracker} on {benchmark}: {sequence} {told}")


class BarProgress(Begun):
    """A bar for each tracker on each benchmark that is not done yet, counted in frames."""

    def __init__(self) -> None:
        super().__init__()
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
        from rich.table import Column

        one_line = Column(ratio=1, no_wrap=True, overflow="ellipsis")
        columns = (
            TextColumn("{task.description}", markup=False, table_column=one_line),  # a spec may hold brackets
            BarColumn(),
            TextColumn("{task.completed}/{task.total} frames"),
            TimeRemainingColumn(),
        )
        self._progress = Progress(*columns, console=Console(stderr=True), expand=True)
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
        self._print(remark(tracker, note))

    def begin(self, tracker: str, benchmark: str, *, sequences: int, frames: int, finished: int) -> None:
        """Add a bar, if there is anything to do."""
        self.begun = True
        self._progress.start()  # again and again does no harm; before, there is no bar to be shown
        label = shown(f"{tracker} on {benchmark}")
        if finished:
            self._print(f"{label}: {finished} finished before")
        if sequences:
            self._bars[tracker, benchmark] = self._progress.add_task(label, total=frames)

    def advance(self, tracker: str, benchmark: str, sequence: str, frames: int, failure: str | None) -> None:
        """Move the bar on by a sequence; a full one makes room for those to come."""
        bar, label = self._bars[tracker, benchmark], shown(f"{tracker} on {benchmark}")
        self._progress.advance(bar, frames)
        if failure:
            self._print(f"{label}: {sequence} {self.told(tracker, benchmark, failure)}")
        if next(task.finished for task in self._progress.tasks if task.id == bar):
            self._progress.update(bar, visible=False)
            self._print(f"{label}: done")

    def _print(self, line: str) -> None:
        self._progress.console.print(shown(line), markup=False, highlight=False)


def make_progress() -> PlainProgress | BarProgress:
    """Bars where a person watches."""
    return BarProgress() if sys.stderr.isatty() else PlainProgress()


def tell_remark(tracker: str, note: str) -> None:
    """The same on stderr, if there is a note."""
    if note:
        echo_line(remark(tracker, note))
