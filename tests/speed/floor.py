"""The unit of the network benchmarks: one matrix product, timed in turns with what is measured in it.

It is ``F.linear`` of 320 x 192 by 192 x 768 in fp32: about a layer of ``base``, and what the machine can do at best.
Ratios to it hold on a busy machine where milliseconds do not.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import cv2
import torch
import torch.nn.functional as F

THREADS = 2
FLOOR_FLOPS = 2 * 320 * 192 * 768


@contextmanager
def two_threads() -> Iterator[None]:
    """torch and OpenCV on :data:`THREADS` threads, and as before afterwards."""
    before = torch.get_num_threads(), cv2.getNumThreads()
    torch.set_num_threads(THREADS)
    cv2.setNumThreads(THREADS)
    yield
    torch.set_num_threads(before[0])
    cv2.setNumThreads(before[1])


def floor() -> Callable[[], object]:
    x, weight = torch.randn(320, 192), torch.randn(768, 192)
    return lambda: F.linear(x, weight)


def interleaved(functions: Mapping[str, Callable[[], object]], rounds: int) -> Mapping[str, list[float]]:
    """Seconds of each function, taken in turns; before each timed call an untimed one warms caches and threads."""
    seconds: dict[str, list[float]] = {name: [] for name in functions}
    with torch.inference_mode():
        for _ in range(rounds):
            for name, function in functions.items():
                function()
                for _ in range(2):
                    start = time.perf_counter()
                    function()
                    seconds[name].append(time.perf_counter() - start)
    return seconds
