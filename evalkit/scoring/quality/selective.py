"""What is gained by answering only where one is sure: risk over coverage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evalkit.types import Vector

POINTS = 200
"""Of a curve in a table or in JSON."""


@dataclass(frozen=True)
class RiskCoverage:
    """The risk of the frames with the highest confidences, over how many of the frames these are.

    Attributes:
        coverage: (N,) 1/N to 1.
        risk: (N,) their mean of 1 - IoU.
    """

    coverage: Vector
    risk: Vector

    @property
    def area(self) -> float:
        """AURC, the mean risk over all coverages; lower is better. The risk at coverage 1 is that of all frames."""
        return float(self.risk.mean())

    def thinned(self, points: int = POINTS) -> RiskCoverage:
        """At most so many of its points, spread evenly, the last one among them."""
        count = len(self.coverage)
        if count <= points:
            return self
        chosen = np.unique(np.round(np.linspace(0, count - 1, points)).astype(int))
        return RiskCoverage(self.coverage[chosen], self.risk[chosen])


def risk_coverage(confidence: Vector, overlap: Vector) -> RiskCoverage:
    """The curve; frames of equal confidence have their mean risk, which is what any order of them gives on average.

    Geifman and El-Yaniv, Selective Classification for Deep Neural Networks, 2017, with 1 - IoU as the loss.

    Args:
        confidence: (N,) without NaN, N at least 1.
        overlap: (N,) IoU of the same frames.

    >>> risk_coverage(np.array([0.9, 0.5, 0.5]), np.array([1.0, 0.6, 0.0])).risk.round(4).tolist()
    [0.0, 0.35, 0.4667]
    """
    groups, index, counts = np.unique(-confidence, return_inverse=True, return_counts=True)
    means = np.bincount(index, weights=1.0 - overlap, minlength=len(groups)) / counts
    steps = np.arange(1, len(confidence) + 1)
    return RiskCoverage(steps / len(confidence), np.repeat(means, counts).cumsum() / steps)
