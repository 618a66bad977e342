"""How many threads the libraries in this process take; a worker process is told by its environment."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import cv2
from threadpoolctl import threadpool_limits

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")

limited_to: ContextVar[int | None] = ContextVar("limited_to", default=None)
"""The limit in force; None without one."""


@contextmanager
def thread_limit(count: int) -> Iterator[None]:
    """Keep OpenMP, BLAS, cv2 and torch to ``count`` threads, loaded now or within the block; child processes too."""
    environment = {name: os.environ.get(name) for name in THREAD_VARIABLES}
    torch: Any = sys.modules.get("torch")  # this package does without: whoever brings it later reads the variables
    token = limited_to.set(count)
    of_cv2, of_torch = cv2.getNumThreads(), torch.get_num_threads() if torch else 0
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, str(count)))
    cv2.setNumThreads(count)
    try:
        with threadpool_limits(count):
            if torch:
                torch.set_num_threads(count)
            yield
    finally:
        limited_to.reset(token)
        cv2.setNumThreads(of_cv2)
        if torch:
            torch.set_num_threads(of_torch)
        for name, value in environment.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
