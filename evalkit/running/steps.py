"""How far a long piece of work is, told to whoever listens in this context; without a listener nothing happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

Listener = Callable[[str, int, int], None]
"""Is called with what is being done, the steps that are done, and all there are: 0 where nobody knows."""
_listener: ContextVar[Listener | None] = ContextVar("steps_listener", default=None)
_Item = TypeVar("_Item")


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Tell ``listener`` of the work in the block."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def steps(what: str, items: Sequence[_Item]) -> Iterator[_Item]:
    """The items one after another; the listener is told before each, and when all are done.

    >>> with listening(lambda *told: print(*told)):
    ...     for letter in steps("spelling", "ab"):
    ...         print(letter)
    spelling 0 2
    a
    spelling 1 2
    b
    spelling 2 2
    """
    for done, item in enumerate(items):
        tell_step(what, done, len(items))
        yield item
    tell_step(what, len(items), len(items))


def tell_step(what: str, done: int = 0, total: int = 0) -> None:
    """Tell the listener, if there is one."""
    listener = _listener.get()
    if listener is not None:
        listener(what, done, total)
