"""How a command ends: quietly by a signal, in one line by an error; exit code 1 is left to checks that failed."""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click

from evalkit.errors import InputError
from evalkit.shown import one_line

EXIT_WRONG_INPUT, EXIT_INTERNAL, EXIT_BROKEN_PIPE, EXIT_INTERRUPTED = 2, 70, 128 + signal.SIGPIPE, 128 + signal.SIGINT
DEBUG = "STDTRACK_DEBUG"
"""Environment variable that shows tracebacks, as --debug does."""
OUR_PACKAGES = ("stdtrack", "evalkit", "profiling", "reports")
REPORT = f"please report it with the command, what `stdtrack doctor` prints, and the traceback ({DEBUG}=1 shows it)"
OUT_OF_MEMORY = ("can't allocate memory", "out of memory", "Insufficient memory")
"""What PyTorch's and OpenCV's errors say, which are no MemoryError."""


class Signals:
    """SIGINT, SIGTERM and SIGHUP as KeyboardInterrupt, so that every ``finally`` is run.

    Attributes:
        last: which came first; None before.
        count: how many were taken.
    """

    def __init__(self) -> None:
        self.last: int | None = None
        self.count = 0

    def __call__(self, number: int, frame: FrameType | None) -> NoReturn:
        self.last = self.last or number
        self.count += 1
        raise KeyboardInterrupt


@contextmanager
def signals() -> Iterator[Signals]:
    """Take the signals that are not ignored, as under nohup, or handled by somebody else; give them back afterwards.

    Where one came, the process is about to end: further ones are ignored then, or they would change how it ends.
    """
    taken = Signals()
    usual = (signal.SIG_DFL, signal.default_int_handler)
    numbers = [n for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if signal.getsignal(n) in usual]
    before = {number: signal.signal(number, taken) for number in numbers}
    try:
        yield taken
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if taken.last is None else signal.SIG_IGN)


def exit_code(error: BaseException, taken: Signals) -> int:
    """Say on stderr in one line what went wrong, and return the exit code; says nothing where a signal came."""
    if taken.last is not None:  # whatever it was that the signal became on its way
        return 128 + taken.last
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        return EXIT_INTERRUPTED
    if isinstance(error, BrokenPipeError):
        close_streams()
        return EXIT_BROKEN_PIPE
    if isinstance(error, click.ClickException):
        error.show()
        return error.exit_code
    code, line = described(error)
    click.echo(one_line(f"stdtrack: {line}"), err=True)
    return code


def described(error: BaseException) -> tuple[int, str]:
    """Exit code and line of an error.

    >>> described(PermissionError(13, "Permission denied", "/root/a"))
    (2, '/root/a: cannot be read or written: Permission denied')
    >>> described(ModuleNotFoundError("No module named 'torch'", name="torch"))
    (2, 'torch is not installed, and this needs it (`pip install .` brings all)')
    """
    if isinstance(error, InputError):
        return EXIT_WRONG_INPUT, str(error)
    if isinstance(error, ModuleNotFoundError) and error.name and error.name.partition(".")[0] not in OUR_PACKAGES:
        return EXIT_WRONG_INPUT, f"{error.name} is not installed, and this needs it (`pip install .` brings all)"
    if isinstance(error, OSError) and error.errno is not None and error.strerror:
        place = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, (str, bytes)) else ""
        hint = " (free some space, then run the same command again)" if error.errno == errno.ENOSPC else ""
        return EXIT_WRONG_INPUT, f"{place}cannot be read or written: {error.strerror}{hint}"
    if isinstance(error, MemoryError) or any(words in str(error) for words in OUT_OF_MEMORY):
        hint = "fewer --workers, trackers or sequences at once need less"
        return EXIT_INTERNAL, f"out of memory{f': {error}' if str(error) else ''} ({hint})"
    if isinstance(error, RecursionError):
        return EXIT_INTERNAL, f"a file is nested too deeply, or this is an error of stdtrack; {REPORT}"
    return EXIT_INTERNAL, f"internal error: {type(error).__name__}: {error}, at {place_of(error)}; {REPORT}"


def place_of(error: BaseException) -> str:
    """Where an error was raised, as ``file.py:12``; the innermost place that is not in a library, if there is one."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "site-packages" not in frame.filename] or frames
    return f"{Path(own[-1].filename).name}:{own[-1].lineno}" if own else "an unknown place"


def close_streams() -> None:
    """Let what is still in the streams' buffers go nowhere: Python would complain of the pipe once more at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            os.dup2(nowhere, stream.fileno())
        except (OSError, ValueError):  # not a file, as under a test
            continue
    os.close(nowhere)


def send_again(unraisable: sys.UnraisableHookArgs) -> None:
    """``sys.unraisablehook``: a signal that came where Python drops exceptions, as in ``__del__``, comes again.

    A moment later, as Python drops what is raised in this hook, too.
    """
    if unraisable.exc_type is KeyboardInterrupt:
        handler = signal.getsignal(signal.SIGINT)
        count = handler.count if isinstance(handler, Signals) else None
        threading.Thread(target=_interrupt, args=(handler, count), daemon=True).start()
    else:
        sys.__unraisablehook__(unraisable)


def _interrupt(handler: object, count: int | None) -> None:
    """Send SIGINT until its handler has been called: one that comes just before a call that waits does not wake it."""
    while True:
        time.sleep(0.05)
        if isinstance(handler, Signals) and (handler.count != count or signal.getsignal(signal.SIGINT) is not handler):
            return
        os.kill(os.getpid(), signal.SIGINT)
        if not isinstance(handler, Signals):
            return
