"""Columns of the tables that say what is left of scores; nothing heavy is imported."""

from __future__ import annotations

MEASURES = ("psnr", "ssim", "queries")
DEGRADATION = (
    "tracker", "benchmark", "protocol", "metric", "kind", "variation", "level", "value", "clean", "clips", *MEASURES,
)  # fmt: skip
"""One row for each tracker on each varied benchmark; figures are fractions, ``level`` is 0 where there is none."""
SUMMARY = ("tracker", "benchmark", "protocol", "metric", "clips", "clean", "varied", "relative_drop", "worst", "lowest")
"""One row for each tracker on each benchmark."""
CONTROL = "random_noise"
"""The variation that attacks are compared with."""
REAL_TIME = "real_time"
STRESS_FRAMES = 10_000
"""Of the stress test for leaks."""


def spelled(variation: str, level: int) -> str:
    """A variation as the command line names it.

    >>> spelled("fog", 3), spelled("sre", 0)
    ('fog@3', 'sre')
    """
    return f"{variation}@{level}" if level else variation
