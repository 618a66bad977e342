"""The roofline: what a machine's arithmetic and memory allow, and where a network stands below it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from threadpoolctl import threadpool_limits

GEMM_SIZE = 768
COPY_BYTES = 128 * 2**20
REPEATS = 20


@dataclass(frozen=True)
class Ceilings:
    """Measured limits of the machine with a number of threads: GFLOP/s of float32 products, GB/s of copying."""

    gflops: float
    gbytes: float
    threads: int


@dataclass(frozen=True)
class RooflinePoint:
    """A network: FLOPs a byte moved (if nothing is fused), and GFLOP/s achieved in the scope ``model``."""

    intensity: float
    gflops: float


def measure_ceilings(threads: int) -> Ceilings:
    """The best of several float32 matrix products, and of several copies too large for any cache."""
    rng = np.random.default_rng(0)
    left, right = (rng.standard_normal((GEMM_SIZE, GEMM_SIZE), dtype=np.float32) for _ in range(2))
    out = np.empty_like(left)
    source = np.ones(COPY_BYTES // 8)
    target = np.empty_like(source)
    with threadpool_limits(threads):
        product = min(_seconds(lambda: np.matmul(left, right, out=out)) for _ in range(REPEATS))
    # A copy reads and writes. numpy copies on one thread; on desktop parts one core nearly fills the bus.
    copy = min(_seconds(lambda: np.copyto(target, source)) for _ in range(REPEATS))
    return Ceilings(2e-9 * GEMM_SIZE**3 / product, 2e-9 * COPY_BYTES / copy, threads)


def roofline_point(flops: int, bytes_moved: int, seconds: float) -> RooflinePoint:
    """Where a network stands that takes ``seconds`` for one frame.

    >>> roofline_point(2_000_000_000, 100_000_000, 0.1)
    RooflinePoint(intensity=20.0, gflops=20.0)
    """
    return RooflinePoint(flops / bytes_moved, flops / seconds / 1e9)


def _seconds(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start
