"""A map over processes that start before there is anything to map, each taking the next item when it is free.

``concurrent.futures`` cannot hand a large argument, such as an annotation that is read once, to each process once.
This module imports nothing heavy: a process is started first of all, and imports while its starter looks for work.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import Synchronized
from typing import Self, TypeVar

from evalkit.errors import InputError
from evalkit.imports import safe_helpers

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class Crew:
    """The calling process and ``helpers`` further ones; leave it as a context manager.

    Args:
        preload: modules that the helpers, spawned at once, import while the caller looks for work.
    """

    def __init__(self, helpers: int, preload: Sequence[str] = ()) -> None:
        context = get_context("spawn")
        self._broken = False
        self._helpers = []
        with safe_helpers():
            self._taken = context.Value("q", 0)
            for _ in range(helpers):
                ours, theirs = context.Pipe()
                process = context.Process(target=_serve, args=(theirs, self._taken, preload), daemon=True)
                process.start()
                theirs.close()
                self._helpers.append((process, ours))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process, connection in self._helpers:
            connection.close()
            process.terminate()
            process.join()

    def map(self, function: Callable[[_Item], _Result], items: Sequence[_Item]) -> list[_Result]:
        """``function`` of each item, in their order.

        Args:
            function: is sent to each helper once, so that what it keeps between items is kept there too.

        Raises:
            InputError: one of the calls did; no further items are taken then, and the crew does no further map.
        """
        if self._broken:
            raise RuntimeError("an earlier map of this crew failed: its answers would be taken for those of this one")
        self._broken = True  # until every answer is in
        self._taken.value = 0
        for _, connection in self._helpers:
            connection.send((function, items))
        found = _share(function, items, self._taken)
        for _, connection in self._helpers:
            try:
                theirs: dict[int, _Result] | InputError = connection.recv()
            except EOFError as error:
                raise RuntimeError("a helping process has ended; what it printed says why") from error
            if isinstance(theirs, InputError):
                raise theirs
            found |= theirs
        self._broken = False
        return [found[index] for index in range(len(items))]


def _serve(connection: Connection, taken: Synchronized[int], preload: Sequence[str]) -> None:
    """Take part in one map after the other until the other end is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the caller ends its helpers
    for name in preload:
        import_module(name)
    with suppress(EOFError):
        while True:
            function, items = connection.recv()
            try:
                connection.send(_share(function, items, taken))
            except InputError as error:
                connection.send(error)


def _share(
    function: Callable[[_Item], _Result], items: Sequence[_Item], taken: Synchronized[int]
) -> dict[int, _Result]:
    """Results by index of the items that this process was the first to take."""
    found = {}
    while (index := _next(taken)) < len(items):
        try:
            found[index] = function(items[index])
        except BaseException:
            taken.value = len(items)
            raise
    return found


def _next(taken: Synchronized[int]) -> int:
    with taken.get_lock():
        index = taken.value
        taken.value += 1
    return index
