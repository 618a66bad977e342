"""Processes that end with the one that started them, however that ends."""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import threading
from time import sleep

PR_SET_PDEATHSIG = 1
POLL = 0.5


def end_group_with_starter(lifeline: int) -> None:
    """Let this process's group be killed when every writer of the pipe ``lifeline`` has gone.

    On Linux the kernel itself sends the signal (``fcntl``'s F_SETSIG on a pipe), so it reaches a process that holds
    Python's lock for ever in a library of its own. Elsewhere a thread waits.
    """
    if hasattr(fcntl, "F_SETSIG"):
        fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(lifeline, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
    threading.Thread(target=_kill_at_end, args=(lifeline,), daemon=True).start()  # and had it ended before


def _kill_at_end(lifeline: int) -> None:
    os.read(lifeline, 1)
    os.killpg(0, signal.SIGKILL)


def end_with_parent(parent: int) -> None:
    """Let this process be killed when the process ``parent``, which started it, ends; for forks, which share pipes."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    else:
        threading.Thread(target=_kill_orphan, args=(parent,), daemon=True).start()
    if os.getppid() != parent:  # it ended before
        os.kill(os.getpid(), signal.SIGKILL)


def _kill_orphan(parent: int) -> None:
    while os.getppid() == parent:
        sleep(POLL)
    os.kill(os.getpid(), signal.SIGKILL)
