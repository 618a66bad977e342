"""How far a run is: bars on a terminal, one line a sequence elsewhere; always on stderr."""

from __future__ import annotations

import sys
from types import TracebackType

import click


class PlainProgress:
    """One line for what begins and for what ends."""

    def __enter__(self) -> PlainProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def begin(self, tracker: str, benchmark: str, *, sequences: int, frames: int, finished: int) -> None:
        """Say how much is to do."""
        before = f" ({finished} finished before)" if finished else ""
        click.echo(f"{tracker} on {benchmark}: {counted(sequences)}, {frames} frames{before}", err=True)

    def advance(self, tracker: str, benchmark: str, sequence: str, frames: int, failure: str | None) -> None:
        """Say how a sequence ended."""
        click.echo(f"{tracker} on {benchmark}: {sequence} {f'FAILED: {failure}' if failure else 'done'}", err=True)


class BarProgress:
    """A bar for each tracker on each benchmark that is not done yet, counted in frames."""

    def __init__(self) -> None:
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
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def begin(self, tracker: str, benchmark: str, *, sequences: int, frames: int, finished: int) -> None:
        """Add a bar, if there is anything to do."""
        label = f"{tracker} on {benchmark}"
        if finished:
            self._print(f"{label}: {finished} finished before")
        if sequences:
            self._bars[tracker, benchmark] = self._progress.add_task(label, total=frames)

    def advance(self, tracker: str, benchmark: str, sequence: str, frames: int, failure: str | None) -> None:
        """Move the bar on by a sequence; a full one makes room for those to come."""
        bar, label = self._bars[tracker, benchmark], f"{tracker} on {benchmark}"
        self._progress.advance(bar, frames)
        if failure:
            self._print(f"{label}: {sequence} FAILED: {failure}")
        if next(task.finished for task in self._progress.tasks if task.id == bar):
            self._progress.update(bar, visible=False)
            self._print(f"{label}: done")

    def _print(self, line: str) -> None:
        self._progress.console.print(line, markup=False, highlight=False)


def make_progress() -> PlainProgress | BarProgress:
    """Bars where a person watches."""
    return BarProgress() if sys.stderr.isatty() else PlainProgress()


def counted(count: int) -> str:
    """``1 sequence``, ``2 sequences``."""
    return f"{count} sequence{'' if count == 1 else 's'}"
