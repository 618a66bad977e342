"""One-sided confidence bounds of a mean paired difference, from as few as ten sequences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evalkit.types import Vector


@dataclass(frozen=True)
class MeanBounds:
    """A mean with its lower and its upper one-sided bound; each holds with the stated confidence on its own."""

    mean: float
    lower: float
    upper: float


def mean_bounds(values: Vector, confidence: float = 0.95) -> MeanBounds:
    """Bounds of the true mean of ``values`` (N,); infinite for fewer than two values.

    Each bound is the more cautious of two. Student's holds exactly for normal values and stays safe where most
    values are zero and the rest symmetric, as between two runs of one tracker; Hall's transformation of the same
    statistic (P. Hall, "On the removal of skewness by transformation", JRSS B 54, 1992) corrects the error that
    skewness brings, as when most sequences lose a little and a few gain much. A percentile bootstrap of ten values
    alarms in 8 % of cases instead of 5 even for normal ones.

    >>> mean_bounds(np.array([-0.02, -0.03, -0.01, -0.02, -0.03])).upper < 0
    True

    Raises:
        ValueError: a value is not finite, or the confidence not within [0.5, 1).
    """
    if not 0.5 <= confidence < 1:
        raise ValueError(f"confidence must be within [0.5, 1), not {confidence}")
    if not np.isfinite(values).all():
        raise ValueError("the values must be finite")
    if len(values) < 2:
        return MeanBounds(float(np.mean(values)) if len(values) else np.nan, -np.inf, np.inf)
    lower, upper = 0.0 - _upper_bound(-values, confidence), _upper_bound(values, confidence)
    return MeanBounds(float(np.mean(values)), lower, upper)


def _upper_bound(values: Vector, confidence: float) -> float:
    from scipy.special import stdtrit  # here, because importing scipy costs more than a check without it

    count, mean, deviation = len(values), float(np.mean(values)), float(np.std(values, ddof=1))
    scale = float(np.max(np.abs(values)))
    if deviation <= 1e-12 * scale:  # one value repeated: nothing but rounding is left of the deviation
        return mean
    quantile = float(stdtrit(count - 1, 1 - confidence) / np.sqrt(count))
    skewness = float(np.mean(((values - mean) / np.std(values)) ** 3))
    return mean - deviation * min(quantile, _hall_inverse(quantile, skewness, count))


def _hall_inverse(quantile: float, skewness: float, count: int) -> float:
    """Solve ``T + g T**2 / 3 + g**2 T**3 / 27 + g / (6 n) = quantile`` for T, with skewness g."""
    if abs(skewness) < 1e-9:
        return quantile
    return float(3 / skewness * (np.cbrt(1 + skewness * (quantile - skewness / (6 * count))) - 1))
