"""A map over processes that start before there is anything to map, each taking the next item when it is free.

``concurrent.futures`` cannot hand a large argument, such as an annotation that is read once, to each process once.
This module imports nothing heavy: a process is started first of all, and imports while its starter looks for work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar
from importlib import import_module
from threading import Lock
from typing import Any, Self, TypeVar

from evalkit.running.steps import tell_step
from evalkit.running.worker import Worker

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
_Work = tuple[Callable[[Any], Any], Sequence[Any]]


class Crew:
    """The calling process and ``helpers`` further ones; leave it as a context manager.

    The helpers are :class:`~evalkit.running.worker.Worker` processes, so they end with the caller, however it ends.

    Args:
        preload: modules that the helpers import while the caller looks for work.
    """

    def __init__(self, helpers: int, preload: Sequence[str] = ()) -> None:
        self._broken = False
        self._workers = [Worker(threads=None) for _ in range(helpers)]
        self._watchers = ThreadPoolExecutor(max(1, helpers), thread_name_prefix="crew")
        self._starts = [self._watchers.submit(worker.call, _preload, (tuple(preload),)) for worker in self._workers]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.abort()
        self._watchers.shutdown()
        for worker in self._workers:
            worker.close()

    def map(self, function: Callable[[_Item], _Result], items: Sequence[_Item], what: str = "") -> list[_Result]:
        """``function`` of each item, in their order.

        Args:
            function: is sent to each helper once, so that what it keeps between items is kept there too.
            what: is done, for whoever listens to :mod:`evalkit.running.steps`.

        Raises:
            InputError: one of the calls did; no further items are taken then, and the crew does no further map.
            TaskError: a helper died, or failed in another way.
        """
        if self._broken:
            raise RuntimeError("an earlier map of this crew failed: it does no further one")
        self._broken = True  # until every answer is in
        indices = _Shared(len(items))
        helped = [self._watchers.submit(_help, worker, start, (function, items), indices)
                  for worker, start in zip(self._workers, self._starts, strict=True)]  # fmt: skip
        with indices:
            answers = {index: function(items[index]) for index in indices.told(what)}
        for future in helped:
            answers |= future.result()
        self._broken = False
        return [answers[index] for index in range(len(items))]


class _Shared:
    """The numbers below ``count``, each handed to one of the threads that iterate; none any more after an error."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._left = iter(range(count))
        self._lock = Lock()

    def __iter__(self) -> Iterator[int]:
        return self

    def __next__(self) -> int:
        with self._lock:
            return next(self._left)

    def told(self, what: str) -> Iterator[int]:
        """The same, telling how many had been handed out to all."""
        for index in self:
            tell_step(what, index, self._count)
            yield index
        tell_step(what, self._count, self._count)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            with self._lock:
                self._left = iter(())


def _help(worker: Worker, started: Future[None], work: _Work, indices: _Shared) -> dict[int, Any]:
    """Let a worker do the next item until there is none; in a thread of the caller."""
    with indices:
        started.result()
        worker.call(_take_work, work)
        return {index: worker.call(_do, (index,)) for index in indices}


_work: ContextVar[_Work] = ContextVar("work")
"""In a helper: the function and the items of the map at hand."""


def _preload(names: Sequence[str]) -> None:
    for name in names:
        import_module(name)


def _take_work(function: Callable[[Any], Any], items: Sequence[Any]) -> None:
    _work.set((function, items))


def _do(index: int) -> Any:
    function, items = _work.get()
    return function(items[index])
