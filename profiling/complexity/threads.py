"""Work that a module hands to other threads, which no counter follows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.utils._python_dispatch import TorchDispatchMode

from profiling.complexity.operator_log import HiddenWork, name_and_reason


class OtherThreads:
    """Notes work in other threads than the counting one: torch's modes, and so the counter, see a single thread.

    Seen are threads that the module starts, what it hands to a ``ThreadPoolExecutor``, and modules that any other
    thread calls.
    """

    def __init__(self, note: Callable[[str], None]) -> None:
        self._note, self._counting = note, threading.get_ident()
        self._local = threading.local()

    @contextmanager
    def observed(self) -> Iterator[None]:
        """Observe all threads while the context lasts."""
        start, submit = threading.Thread.start, ThreadPoolExecutor.submit

        def start_watched(thread: threading.Thread) -> None:
            thread.run = self._watched(thread.run)  # type: ignore[method-assign]
            start(thread)

        def submit_watched(pool: ThreadPoolExecutor, function: Any, /, *args: Any, **kwargs: Any) -> Any:
            return submit(pool, self._watched(function), *args, **kwargs)

        hooks = (
            register_module_forward_pre_hook(lambda module, inputs: self._enter()),
            register_module_forward_hook(lambda module, inputs, output: self._leave(), always_call=True),
        )
        threading.Thread.start = start_watched  # type: ignore[assignment, method-assign]
        ThreadPoolExecutor.submit = submit_watched  # type: ignore[assignment, method-assign]
        try:
            yield
        finally:
            threading.Thread.start = start  # type: ignore[method-assign]
            ThreadPoolExecutor.submit = submit  # type: ignore[method-assign]
            for hook in hooks:
                hook.remove()

    def _watched(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            self._enter()
            try:
                return function(*args, **kwargs)
            finally:
                self._leave()

        return run

    def _enter(self) -> None:
        if threading.get_ident() == self._counting:
            return
        entered = self._local.__dict__.setdefault("entered", [])
        modes = ExitStack()
        if not entered:  # once a thread, or nested calls would be noted more than once
            modes.enter_context(_Elsewhere(self._note))
            modes.enter_context(HiddenWork(self._note))
        entered.append(modes)

    def _leave(self) -> None:
        if threading.get_ident() != self._counting:
            self._local.entered.pop().close()


@contextmanager
def threads_may_fail() -> Iterator[None]:
    """No traceback on stderr from threads that fail, as they may on ``meta``."""
    report = threading.excepthook
    threading.excepthook = lambda failure: None
    try:
        yield
    finally:
        threading.excepthook = report


class _Elsewhere(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes what may have MACs in a thread that nobody counts."""

    def __init__(self, note: Callable[[str], None]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._note = note

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name, reason = name_and_reason(func)
        if reason is None:
            self._note(f"{name} in another thread")
        return func(*args, **(kwargs or {}))
