"""The parent's side of a worker process: start it, call it, watch it, kill it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from time import monotonic, sleep
from typing import Any

from evalkit.running.heartbeat import Heartbeat
from evalkit.running.tasks import TaskError
from evalkit.running.threads import THREAD_VARIABLES

LOAD_TIMEOUT = 600.0
"""Seconds until a tracker is loaded: imports, weights, compilation."""
POLL = 0.2
TAIL_BYTES = 16_000
# The path comes first, as PYTHONPATH may name the current folder; ``sys`` is no file that could lie there.
BOOT = (
    "import sys; sys.path[:] = sys.argv.pop(1).split('\\n'); "
    "from evalkit.running.worker_main import main; main(sys.argv[1:])"
)


class Worker:
    """One process for one call after another; started when first needed, and again after a failure.

    It is a fresh interpreter and not a fork, so no lock and no CUDA context of the parent is copied. Its pipe is its
    own (a pool that shares a queue between workers can lose its lock with one of them), so however it dies, no other
    worker is touched. Its session is its own too: Ctrl-C in the terminal does not reach it, and whatever a tracker has
    started ends with it. What it prints is kept in an unnamed file, for failure records.

    Args:
        threads: of OpenMP, BLAS and cv2 in the process; None leaves them alone.
        timeout: seconds that a frame may take; None waits forever.
        beats_are_frames: a call is one sequence from its start, so its beats tell in which frame it hangs.
    """

    def __init__(self, threads: int | None = 1, timeout: float | None = None, *, beats_are_frames: bool = True) -> None:
        self.threads, self.timeout, self.beats_are_frames = threads, timeout, beats_are_frames
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None
        self._lifeline: int | None = None
        self._aborted = False
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
        self._beats = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
        self._beats.write(bytes(Heartbeat.SIZE))  # now, as a mapped page for which there is no space ends the process
        self._beats.flush()
        self._heartbeat = Heartbeat(self._beats.fileno())

    def call(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        """Run ``function(*arguments)`` in the process and return what it returns.

        Raises:
            InputError: as raised by the function.
            TaskError: the function raised, the process died, or no frame was done within the time limit.
        """
        connection = self._connection or self._start()
        self._heartbeat.reset()
        os.ftruncate(self._output.fileno(), 0)
        if self._aborted:
            self.kill()
            raise TaskError("aborted")
        try:
            connection.send((function, arguments))
            self._wait(connection)
            done, answer = connection.recv()
        except (EOFError, ConnectionError) as error:
            raise self._death() from error
        if not done:
            self.kill()  # whatever state the failure left behind ends with the process
            if isinstance(answer, TaskError):
                raise TaskError(answer.summary, f"{answer.detail}\n{self._tail()}".strip())
            if tail := self._tail():
                answer.add_note(tail)
            raise answer
        return answer

    def kill(self) -> None:
        """End the process and its children at once; the next call starts a new one."""
        process, self._process = self._process, None
        connection, self._connection = self._connection, None
        lifeline, self._lifeline = self._lifeline, None
        if process is not None:
            with suppress(ProcessLookupError, PermissionError):  # macOS refuses on a group of zombies
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if connection is not None:
            connection.close()
        if lifeline is not None:
            os.close(lifeline)

    def abort(self) -> None:
        """Let the call at hand fail, and every later one; the one method that another thread may call."""
        self._aborted = True
        process = self._process
        if process is not None:
            process.kill()

    def close(self) -> None:
        """End the process and free the files."""
        self.kill()
        self._heartbeat.close()
        self._output.close()
        self._beats.close()

    def _start(self) -> Connection:
        ours, theirs = Pipe()
        their_end, our_end = os.pipe()
        descriptors = (theirs.fileno(), self._beats.fileno(), their_end)
        command = [sys.executable, "-P", "-c", BOOT, "\n".join(sys.path), *map(str, descriptors)]
        environment = dict(os.environ)
        if self.threads is not None:
            environment |= dict.fromkeys(THREAD_VARIABLES, str(self.threads))
        try:
            with theirs:
                self._process = subprocess.Popen(
                    command,
                    pass_fds=descriptors,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=self._output,
                    stderr=self._output,
                    start_new_session=True,
                )
        except OSError as error:  # no more processes, or no memory for one
            ours.close()
            os.close(our_end)
            raise TaskError(f"no worker can be started: {error}") from error
        finally:
            os.close(their_end)
        self._connection, self._lifeline = ours, our_end
        ours.send(self.threads)
        return ours

    def _wait(self, connection: Connection) -> None:
        """Return when there is something to receive; kill the process when its heart stands still for too long."""
        seen, since = 0, monotonic()
        while not connection.poll(POLL):
            count = self._heartbeat.count()
            if count != seen:
                seen, since = count, monotonic()
            elif self.timeout is not None:
                limit = self.timeout if count else max(self.timeout, LOAD_TIMEOUT)
                if monotonic() - since > limit:
                    raise self._hang(count, limit)

    def _hang(self, count: int, limit: float) -> TaskError:
        if self._process is not None:
            self._process.send_signal(signal.SIGUSR1)
            sleep(POLL)
        self.kill()
        place = " while the tracker was loaded"
        if count:
            place = f" in frame {count - 1}" if self.beats_are_frames else ""
        return TaskError(f"no answer within {limit:g} s{place}", self._tail())

    def _death(self) -> TaskError:
        process = self._process
        assert process is not None  # it has just hung up
        if hasattr(os, "waitid"):  # macOS has it from Python 3.13 on; what has hung up is ending anyway
            with suppress(ChildProcessError):  # reaped by abort()
                os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # not reaped: its group is still its own
        self.kill()
        code = process.returncode
        if code < 0:
            reason = f"the worker was killed by {signal.Signals(-code).name}"
            reason += " (out of memory?)" if -code == signal.SIGKILL else ""
        else:
            reason = f"the worker exited with code {code}"
        return TaskError(reason, self._tail())

    def _tail(self) -> str:
        descriptor = self._output.fileno()
        size = os.fstat(descriptor).st_size
        return os.pread(descriptor, TAIL_BYTES, max(0, size - TAIL_BYTES)).decode(errors="replace").replace("\0", "")
