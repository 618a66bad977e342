"""Calls in this process, with the interface of a worker and of a pool: for what cannot be sent to another one."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager, nullcontext
from contextvars import copy_context
from typing import Any

import numpy as np

from evalkit.errors import InputError
from evalkit.running.tasks import TaskError, perform
from evalkit.running.threads import limited_to, thread_limit


class InProcess:
    """The interface of :class:`~evalkit.running.worker.Worker`: the calls share a context, and no time limit holds.

    Thread counts and the states of random generators are put back after every call.

    Args:
        threads: of OpenMP, BLAS, cv2 and torch during a call.
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._context = copy_context()

    def call(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        """Run ``function(*arguments)`` and return what it returns.

        Raises:
            InputError: as raised by the function.
            TaskError: the function raised something else; KeyboardInterrupt goes through.
        """
        limited = limited_to.get() == self._threads  # setting it takes longer than a short call
        with nullcontext() if limited else thread_limit(self._threads), random_states_kept():
            done, answer = self._context.run(perform, function, arguments, (KeyboardInterrupt,))
        if not done:
            raise answer
        return answer

    def kill(self) -> None:
        """Forget what earlier calls left in the context."""
        self._context = copy_context()

    def close(self) -> None:
        """The same."""
        self.kill()


class InProcessExecutor(Executor):
    """Submitting runs the call; its future is done when it is returned."""

    def __init__(self, threads: int) -> None:
        self._worker = InProcess(threads)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call ``fn(*args)`` now."""
        if kwargs:
            raise TypeError("keyword arguments are not supported")
        future: Future[Any] = Future()
        try:
            future.set_result(self._worker.call(fn, args))
        except (InputError, TaskError) as error:
            future.set_exception(error)
        return future


@contextmanager
def random_states_kept() -> Iterator[None]:
    """Put the global generators of Python, numpy and torch (on the CPU) back after the block; cv2's cannot be read."""
    torch: Any = sys.modules.get("torch")
    of_python, of_numpy = random.getstate(), np.random.get_state()
    of_torch = torch.get_rng_state() if torch else None
    try:
        yield
    finally:
        random.setstate(of_python)
        np.random.set_state(of_numpy)
        if of_torch is not None:
            torch.set_rng_state(of_torch)
