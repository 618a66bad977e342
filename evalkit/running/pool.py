"""A concurrent.futures executor whose workers may hang, crash or be killed without harm to each other."""

from __future__ import annotations

import queue
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

from evalkit.running.worker import Worker


class WorkerPool(Executor):
    """``workers`` processes, each behind a thread that watches it.

    ``concurrent.futures.ProcessPoolExecutor`` breaks as a whole when one process dies; here the call at hand fails with
    :class:`~evalkit.running.tasks.TaskError` and the process is replaced.
    """

    def __init__(self, workers: int = 1, *, threads: int | None = 1, timeout: float | None = None) -> None:
        self._workers = [Worker(threads, timeout) for _ in range(workers)]
        self._idle: queue.LifoQueue[Worker] = queue.LifoQueue()  # last in, first out: warm workers are used first
        for worker in self._workers:
            self._idle.put(worker)
        self._watchers = ThreadPoolExecutor(workers, thread_name_prefix="watcher")

    @property
    def size(self) -> int:
        """How many processes there are."""
        return len(self._workers)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call ``fn(*args)``, an importable function with picklable arguments, in the next free worker."""
        if kwargs:
            raise TypeError("keyword arguments are not supported")
        return self._watchers.submit(self._call, fn, args)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Finish what was submitted, or cancel what has not begun, and end the processes."""
        self._watchers.shutdown(wait=wait, cancel_futures=cancel_futures)
        for worker in self._workers:
            worker.close()

    def abort(self) -> None:
        """End everything now: what runs fails, what waits is cancelled."""
        self._watchers.shutdown(wait=False, cancel_futures=True)
        for worker in self._workers:
            worker.abort()
        self.shutdown()

    def _call(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        worker = self._idle.get()
        try:
            return worker.call(function, arguments)
        finally:
            self._idle.put(worker)
