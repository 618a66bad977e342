"""Trackers in processes of their own: started, guarded, ended with everything that they started."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from threading import TIMEOUT_MAX, Timer

from evalkit.errors import InputError
from evalkit.trackers import supervisor_main as guard

GRACE = 2.0
"""Seconds between the end of a command's output and the end of its process."""


def split_command(command: str) -> list[str]:
    """The words of a command line, as a shell would split it; nothing is expanded.

    Raises:
        InputError: an open quote, or a program that does not exist.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise InputError(f"'{command}' is no command: {error}") from error
    if not words or shutil.which(words[0]) is None:
        raise InputError(f"there is no program '{words[0] if words else command}'", hint="give its path")
    return words


class GuardedProcess:
    """A command with a pipe to its input and one from its output; its errors go where this process's go.

    It is killed, with its children, by :meth:`stop`, when the object is forgotten, and when this process dies in
    whatever way (see :mod:`evalkit.trackers.supervisor_main`).

    Args:
        command: as typed.

    Attributes:
        folder: where files for the command may be put; it goes with the process.
        overdue: it was killed because it took longer than :meth:`within` allowed.
    """

    def __init__(self, command: str) -> None:
        words = split_command(command)
        self.command = command
        self.folder = Path(tempfile.mkdtemp(prefix="stdtrack-"))
        theirs, ours = os.pipe()
        guarded = [sys.executable, "-I", "-S", guard.__file__, str(theirs), str(self.folder), *words]
        try:
            self._process = subprocess.Popen(
                guarded, stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=(theirs,), start_new_session=True
            )
        except OSError:  # no more processes, or a command that is too long
            os.close(ours)
            self.folder.rmdir()
            raise
        finally:
            os.close(theirs)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self.stdin, self.stdout = self._process.stdin, self._process.stdout
        self.overdue, self._lifeline = False, ours
        self._stop = weakref.finalize(self, _stop, self._process, ours)

    def stop(self) -> None:
        """End the command now; harmless when it has ended."""
        self._stop()

    @contextlib.contextmanager
    def within(self, seconds: float | None) -> Iterator[None]:
        """Kill the command, so that its pipes end, if the block takes longer; None waits for ever.

        The process may not be stopped inside of the block.
        """
        if seconds is None:
            yield
            return
        timer = Timer(min(seconds, TIMEOUT_MAX), self._kill)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()  # it may be about to write to the lifeline, which must be there

    def _kill(self) -> None:
        self.overdue = True
        with contextlib.suppress(BrokenPipeError):  # it has just ended by itself
            os.write(self._lifeline, b"!")

    def ending(self) -> str:
        """How the command ended, in words, once its output has."""
        try:
            code = self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            return "closed its output"
        return f"ended with code {code}"


def _stop(process: subprocess.Popen[bytes], lifeline: int) -> None:
    os.close(lifeline)
    process.wait()
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdout.close()
    with contextlib.suppress(BrokenPipeError):  # what was left in the buffer has no reader any more
        process.stdin.close()
