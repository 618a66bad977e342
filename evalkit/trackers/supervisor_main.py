"""Runs a command that ends when its starter ends: ``python guard.py LIFELINE FOLDER COMMAND...``.

The starter alone holds the other end of the pipe LIFELINE. However it dies, the kernel closes the pipe; then, or when
a byte comes, the command, whatever it has started, and FOLDER go. On Linux that holds for what has left the command's
group and parents too, as a daemon does; elsewhere for its group. It is run as a file and imports nothing but the
standard library.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading

NOT_STARTED = 127
PR_SET_CHILD_SUBREAPER = 36


def main(arguments: list[str]) -> int:
    """Run the command in a session of its own; its exit code, 128 + n if signal n ended it."""
    lifeline, folder, command = int(arguments[0]), arguments[1], arguments[2:]
    os.set_inheritable(lifeline, False)
    _adopt_orphans()
    try:
        process = subprocess.Popen(command, start_new_session=True)
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\n")
        return NOT_STARTED
    silence = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1):  # the starter must see the end of the command's output, not of ours
        os.dup2(silence, stream)
    threading.Thread(target=_watch, args=(lifeline, process.pid), daemon=True).start()
    if hasattr(os, "waitid"):
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # not reaped yet: its group cannot be another's
    else:  # macOS before Python 3.13; the number is not given away while the group has members
        process.wait()
    _kill(process.pid)
    while left := _descendants(os.getpid()):  # what one starts while it is killed is found in the next turn
        for pid in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)
    code = process.wait()
    return code if code >= 0 else 128 - code


def _watch(lifeline: int, group: int) -> None:
    os.read(lifeline, 1)
    _kill(group)


def _adopt_orphans() -> None:
    """Become the parent of every descendant that loses its own, so that it stays one."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _descendants(parent: int) -> list[int]:
    """Numbers of all processes below this one that have not ended; none where there is no ``/proc``."""
    children: dict[int, list[tuple[int, bool]]] = {}
    for name in filter(str.isdecimal, os.listdir("/proc") if os.path.isdir("/proc") else ()):
        with contextlib.suppress(OSError), open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
            state, above = file.read().rpartition(")")[2].split()[:2]  # a name may hold anything, brackets too
            children.setdefault(int(above), []).append((int(name), state not in "ZX"))
    found, todo = [], [parent]
    while todo:
        below = children.get(todo.pop(), [])
        todo += [pid for pid, _ in below]
        found += [pid for pid, alive in below if alive]
    return found


def _kill(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS refuses on a group of zombies
        os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
