"""A fixed piece of work before and after a run: if it takes longer, the machine has changed, not the tracker."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

import numpy as np
from threadpoolctl import threadpool_limits

SIZE = 384
REPEATS = 60
DRIFT = 0.03


@dataclass(frozen=True)
class Calibration:
    """Median seconds of the fixed matrix product before and after a run."""

    before: float
    after: float

    @property
    def drift(self) -> float:
        """Relative change."""
        return self.after / self.before - 1.0

    @property
    def warning(self) -> str:
        """A sentence when the machine drifted by more than 3 %, else empty."""
        if abs(self.drift) > DRIFT:
            return f"the machine drifted by {100 * self.drift:+.1f} % during the run: trust ratios, not absolute times"
        return ""


def gemm_seconds(repeats: int = REPEATS) -> float:
    """Median seconds of a float32 product of two 384 x 384 matrices on one thread."""
    rng = np.random.default_rng(0)
    left, right = (rng.standard_normal((SIZE, SIZE), dtype=np.float32) for _ in range(2))
    out = np.empty_like(left)
    times = []
    with threadpool_limits(1):
        for _ in range(repeats + repeats // 4):
            start = perf_counter()
            np.matmul(left, right, out=out)
            times.append(perf_counter() - start)
    return float(np.median(times[repeats // 4 :]))
