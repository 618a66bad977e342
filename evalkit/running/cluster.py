"""A Dask cluster as an executor: the same calls, on other machines.

Every Dask worker thread calls a worker process of its own (:class:`~evalkit.running.worker.Worker`), so a tracker
that hangs or crashes costs no Dask worker; and when a Dask worker is lost, the scheduler gives its sequence to
another one. Every call carries what code its sender runs, and is refused by a Dask worker that runs other code.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from typing import Any

from evalkit.errors import InputError
from evalkit.imports import optional_module
from evalkit.running.code import code_identity, difference
from evalkit.running.tasks import LostClusterError, OtherCodeError, TaskError
from evalkit.running.worker import Worker

CONNECT_TIMEOUT = 10.0
_of_thread = threading.local()


class ClusterExecutor(Executor):
    """Submits to the scheduler at ``address``.

    Raises:
        InputError: ``distributed`` is not installed, there is no scheduler or no worker at the address, or a worker
            runs other code.
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
        for name in ("distributed", "distributed.client"):  # with tracebacks, what is an error of ours in one line
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._threads, self._timeout = threads, timeout
        self.size = sum(self._client.nthreads().values())
        if self.size == 0:
            self._client.close()
            raise InputError(f"the scheduler at {address} has no workers", hint="start `dask worker ADDRESS`")
        try:
            self._check_code()
        except OtherCodeError:
            self._client.close()
            raise

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call ``fn(*args)`` somewhere in the cluster; both must be picklable and importable there."""
        if kwargs:
            raise TypeError("keyword arguments are not supported")
        outer: Future[Any] = Future()
        settings = (self._threads, self._timeout, tuple(sys.path), code_identity())
        try:
            remote = self._client.submit(call_isolated, fn, args, *settings, pure=False, priority=0)
        except Exception as error:
            raise LostClusterError(f"the scheduler takes no work: {error}") from error
        outer.set_running_or_notify_cancel()
        remote.add_done_callback(lambda done: _settle(outer, done))
        return outer

    def _check_code(self) -> None:
        """Refuse a worker of other code before anything is run; one that comes later refuses its calls."""
        for address, there in self._client.run(code_identity, on_error="return").items():
            known = isinstance(there, Mapping)
            problem = difference(code_identity(), there) if known else f"it cannot tell which: {there!r}"
            if problem:
                raise _other_code(address, problem)

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
    code: Mapping[str, str],
) -> tuple[bool, Any]:
    """On a Dask worker: call in a process of this thread's own; ``(True, result)`` or ``(False, error)``.

    Args:
        code: what the sender runs; where this worker, or the process under it, runs other code, nothing is called.
    """
    try:
        require_code(code)
        sys.path.extend(path for path in paths if path and path not in sys.path)
        settings = (threads, timeout)
        if getattr(_of_thread, "settings", None) != settings:
            _of_thread.worker, _of_thread.settings = Worker(threads, timeout), settings
        return True, _of_thread.worker.call(call_same_code, (code, function, arguments))
    except OtherCodeError as error:
        from distributed import get_worker

        return False, _other_code(get_worker().address, error.problem)
    except (InputError, TaskError) as error:
        return False, error


def call_same_code(code: Mapping[str, str], function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """``function(*arguments)``, if this process runs the same code; raises OtherCodeError if not."""
    require_code(code)
    return function(*arguments)


def require_code(code: Mapping[str, str]) -> None:
    """Raise OtherCodeError, with what differs, unless this process runs that code."""
    if problem := difference(code, code_identity()):
        raise OtherCodeError(problem)


def _other_code(address: str, problem: str) -> OtherCodeError:
    hint = "install the same versions there and start the worker again"
    return OtherCodeError(f"the Dask worker {address} runs other code: {problem}", hint=hint)


def _settle(outer: Future[Any], done: Any) -> None:
    if done.cancelled():
        outer.set_exception(LostClusterError("the connection to the scheduler is lost"))
        return
    error = done.exception()
    if error is not None:
        outer.set_exception(_failure(error))
        return
    answered, answer = done.result()
    if answered:
        outer.set_result(answer)
    else:
        outer.set_exception(answer)


def _failure(error: BaseException) -> Exception:
    """What it means that a call came to no answer."""
    from distributed import KilledWorker

    if isinstance(error, KilledWorker):  # several Dask workers in a row died of it
        return TaskError(f"the cluster failed: {error!r}")
    if isinstance(error, ImportError | AttributeError | TypeError):  # the call means nothing there
        return OtherCodeError(f"a Dask worker runs other code: {error!r}", hint="install the same versions there")
    return LostClusterError(f"the cluster failed: {error!r}")
