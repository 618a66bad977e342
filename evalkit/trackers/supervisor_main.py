"""Runs a command that ends when its starter ends: ``python guard.py LIFELINE FOLDER COMMAND...``.

The starter alone holds the other end of the pipe LIFELINE. However it dies, the kernel closes the pipe; then the
command, whatever it has started, and FOLDER go. It is run as a file and imports nothing but the standard library.
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


def main(arguments: list[str]) -> int:
    """Run the command in a session of its own; its exit code, 128 + n if signal n ended it."""
    lifeline, folder, command = int(arguments[0]), arguments[1], arguments[2:]
    os.set_inheritable(lifeline, False)
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
    shutil.rmtree(folder, ignore_errors=True)
    code = process.wait()
    return code if code >= 0 else 128 - code


def _watch(lifeline: int, group: int) -> None:
    os.read(lifeline, 1)
    _kill(group)


def _kill(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS refuses on a group of zombies
        os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
