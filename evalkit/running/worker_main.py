"""A worker process: calls what the parent sends. Its arguments PIPE, HEARTBEAT and LIFELINE are file descriptors."""

from __future__ import annotations

import faulthandler
import os
import queue
import signal
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from evalkit.running.heartbeat import Heartbeat, current_heartbeat
from evalkit.running.lifeline import end_group_with_starter
from evalkit.running.tasks import TaskError, perform

Call = tuple[Callable[..., Any], tuple[Any, ...]]


def main(arguments: list[str]) -> None:
    """Set up threads as the parent's first message says, then serve."""
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1, all_threads=True)  # the parent asks a hung worker where it hangs
    pipe, beats, lifeline = (int(argument) for argument in arguments)
    for descriptor in (pipe, beats, lifeline):
        os.set_inheritable(descriptor, False)  # a tracker's own children must not keep the pipe open
    end_group_with_starter(lifeline)
    connection = Connection(pipe)
    current_heartbeat.set(Heartbeat(beats))
    threads = connection.recv()
    if threads is not None:
        import cv2

        cv2.setNumThreads(threads)
    serve(connection)


def serve(connection: Connection) -> None:
    """Answer calls one by one; the process ends when the parent hangs up, even in the middle of a call.

    What a tracker has started ends with it, as the process leads a group of its own.
    """
    calls: queue.SimpleQueue[Call | TaskError] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(connection, calls), daemon=True).start()
    while True:
        call = calls.get()
        connection.send((False, call) if isinstance(call, TaskError) else perform(*call))


def _receive(connection: Connection, calls: queue.SimpleQueue[Call | TaskError]) -> None:
    while True:
        try:
            calls.put(connection.recv())
        except (EOFError, OSError):
            os.killpg(0, signal.SIGKILL)
        except Exception as error:  # noqa: BLE001 - the call names something that cannot be imported here
            calls.put(TaskError(f"the call cannot be read: {error!r}"))
