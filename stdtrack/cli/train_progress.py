"""How far a training run is: a bar on a terminal, lines elsewhere; always on stderr."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from evalkit.shown import one_line
from stdtrack.cli.bars import is_watched
from stdtrack.cli.messages import echo_line
from stdtrack.training.loop import Listener, TrainingProgress


@contextmanager
def training_progress() -> Iterator[Listener]:
    """A bar where a person watches, lines where they are kept."""
    if is_watched():
        with _bar() as listener:
            yield listener
    else:
        yield lambda event: echo_line(str(event))


@contextmanager
def _bar() -> Iterator[Listener]:
    """One bar, counted in steps, with the losses beside it and messages above."""
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.completed}/{task.total} steps"), BarColumn(), TextColumn("{task.description}"))
    with Bar(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=None)

        def listen(event: TrainingProgress | str) -> None:
            if isinstance(event, str):
                bar.console.print(one_line(event), markup=False, highlight=False)
                return
            left = timedelta(seconds=round(event.seconds_left))
            values = f"{event.clips_per_second:.1f} clips/s {left} left, loss {event.values['total']:.3f}"
            bar.update(task, total=event.total, completed=event.step, description=values)

        yield listen
