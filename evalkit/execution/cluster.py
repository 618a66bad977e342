"""A Dask cluster as an executor: the same calls, on other machines.

Every Dask worker thread calls a worker process of its own (:class:`~evalkit.execution.worker.Worker`), so a tracker
that hangs or crashes costs no Dask worker; and when a Dask worker is lost, the scheduler gives its sequence to
another one.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from typing import Any

from evalkit.errors import InputError
from evalkit.execution.tasks import TaskError
from evalkit.execution.worker import Worker
from evalkit.imports import optional_module

CONNECT_TIMEOUT = 10.0
_of_thread = threading.local()


class ClusterExecutor(Executor):
    """Submits to the scheduler at ``address``.

    Raises:
        InputError: ``distributed`` is not installed, or there is no scheduler or no worker at the address.
    """

    def __init__(self, address: str, *, threads: int = 1, timeout: float | None = None) -> None:
        try:
            distributed: Any = optional_module("distributed")
        except ImportError as error:
            raise InputError("--scheduler needs the package distributed", hint="install stdtrack[cluster]") from error
        try:
            client: Any = distributed.Client  # untyped
            self._client = client(address, timeout=CONNECT_TIMEOUT, set_as_default=False)
        except (OSError, ValueError) as error:
            raise InputError(f"no Dask scheduler answers at {address}", hint="start `dask scheduler`") from error
        self._threads, self._timeout = threads, timeout
        self.size = sum(self._client.nthreads().values())
        if self.size == 0:
            self._client.close()
            raise InputError(f"the scheduler at {address} has no workers", hint="start `dask worker ADDRESS`")

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call ``fn(*args)`` somewhere in the cluster; both must be picklable and importable there."""
        if kwargs:
            raise TypeError("keyword arguments are not supported")
        outer: Future[Any] = Future()
        remote = self._client.submit(
            call_isolated, fn, args, self._threads, self._timeout, tuple(sys.path), pure=False, priority=0
        )
        outer.set_running_or_notify_cancel()
        remote.add_done_callback(lambda done: _settle(outer, done))
        return outer

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Leave the cluster; what was not finished is forgotten there."""
        self._client.close()

    def abort(self) -> None:
        """The same: a cluster drops the work of a client that left."""
        self.shutdown()


def call_isolated(
    function: Callable[..., Any],
    arguments: tuple[Any, ...],
    threads: int,
    timeout: float | None,
    paths: Sequence[str],
) -> tuple[bool, Any]:
    """On a Dask worker: call in a process of this thread's own; ``(True, result)`` or ``(False, error)``."""
    sys.path.extend(path for path in paths if path and path not in sys.path)
    settings = (threads, timeout)
    if getattr(_of_thread, "settings", None) != settings:
        _of_thread.worker, _of_thread.settings = Worker(threads, timeout), settings
    try:
        return True, _of_thread.worker.call(function, arguments)
    except (InputError, TaskError) as error:
        return False, error


def _settle(outer: Future[Any], done: Any) -> None:
    if done.cancelled():
        outer.set_exception(TaskError("the cluster dropped it"))
        return
    error = done.exception()
    if error is not None:  # several Dask workers in a row died of it, or the result could not be sent
        outer.set_exception(TaskError(f"the cluster failed: {error!r}"))
        return
    answered, answer = done.result()
    if answered:
        outer.set_result(answer)
    else:
        outer.set_exception(answer)
