"""Bars on a terminal: what stands in one, and one for work that turns out to take long; always on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, Timer
from time import monotonic
from typing import TYPE_CHECKING

from evalkit.running.steps import listening
from evalkit.shown import one_line

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, ProgressColumn, Task
    from rich.text import Text

PATIENCE = 2.0
"""Seconds of work before a bar appears."""
REFRESHED = 0.5
"""Seconds between two looks of a bar that is drawn between steps alone."""
FIGURES = 50
"""Columns of a terminal that a bar takes beside its name, at most."""
SHORTEST_NAME = 16


def is_watched() -> bool:
    """Whether a person sees stderr; where nobody does, it gets lines alone."""
    return sys.stderr.isatty()


def terminal() -> Console:
    """The terminal of stderr."""
    from rich.console import Console

    return Console(stderr=True)


def name_width(console: Console) -> int:
    """Letters that a bar's name may have."""
    return max(SHORTEST_NAME, console.width - FIGURES)


def bar_of(unit: str, console: Console, *, refreshing: bool = True) -> Progress:
    """Bars, each with its name, how much is done, how fast, and the time that is left.

    Args:
        unit: is counted, such as ``frames``.
        refreshing: draw ten times a second; otherwise only when asked to.
    """
    from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Speed(ProgressColumn):
        """Units a second, over all workers."""

        def render(self, task: Task) -> Text:
            """Nothing until it is known."""
            speed = task.finished_speed or task.speed
            return Text(f"{speed:.3g}/s" if speed and speed < 100 else f"{speed:.0f}/s" if speed else "")

    columns: tuple[ProgressColumn, ...] = (
        TextColumn("{task.description}", markup=False),  # a spec may hold brackets
        BarColumn(bar_width=14),
        _count(unit),
        Speed(),
        TimeRemainingColumn(compact=True),
    )
    return Progress(*columns, console=console, auto_refresh=refreshing, speed_estimate_period=300.0)


def _count(unit: str) -> ProgressColumn:
    from rich.progress import ProgressColumn
    from rich.text import Text

    class Count(ProgressColumn):
        """Done and all, where it is known how many there are."""

        def render(self, task: Task) -> Text:
            """Such as ``120/300 frames``."""
            total = "" if task.total is None else f"/{task.total:.0f}"
            return Text(f"{task.completed:.0f}{total} {unit}")

    return Count()


class LateBar:
    """A bar that appears when the work has taken :data:`PATIENCE` seconds: a listener for :mod:`evalkit.running.steps`.

    Args:
        background: appear, and be drawn, while a step takes long; otherwise only between steps, which disturbs nobody
            who measures time in them.
    """

    def __init__(self, *, background: bool) -> None:
        self._background = background
        self._console = terminal()
        self._bar = bar_of("", self._console, refreshing=background)
        self._task = self._bar.add_task("", total=None)
        self._begun = self._drawn = monotonic()
        self._lock, self._over, self._shown = Lock(), False, False
        self._timer = Timer(PATIENCE, self._start)
        self._timer.daemon = True
        if background:
            self._timer.start()

    def __call__(self, what: str, done: int, total: int) -> None:
        """Move on; another piece of work begins the bar anew."""
        name = one_line(what)[: name_width(self._console)]
        task = self._bar.tasks[0]
        if task.description != name:
            self._bar.reset(self._task, total=total or None, description=name)
        self._bar.update(self._task, completed=done)
        now = monotonic()
        if not self._background and now - self._begun > PATIENCE and now - self._drawn > REFRESHED:
            self._start()
            self._bar.refresh()
            self._drawn = now

    def _start(self) -> None:
        with self._lock:
            if not (self._over or self._shown):
                self._shown = True
                self._bar.start()

    def close(self) -> None:
        """Take the bar away."""
        self._timer.cancel()
        with self._lock:
            self._over = True
            if self._shown:
                self._bar.update(self._task, visible=False)
                self._bar.stop()


@contextmanager
def late_bar(*, background: bool = True) -> Iterator[None]:
    """A :class:`LateBar` for the work in the block; nothing where nobody watches."""
    if not is_watched():
        yield
        return
    bar = LateBar(background=background)
    try:
        with listening(bar):
            yield
    finally:
        bar.close()
