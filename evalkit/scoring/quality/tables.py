"""The worth of confidences as tidy pandas tables."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from evalkit.results.tidy import stacked
from evalkit.scoring.columns import QUALITY, RELIABILITY, RISK
from evalkit.scoring.quality.results import MEASURES, Quality


def quality_table(qualities: Iterable[Quality]) -> pd.DataFrame:
    """A row for each tracker and benchmark, a column for each measure: :data:`QUALITY`; NaN where there is none."""
    rows = [
        (*_whose(each), *(each.measures[name] for name in MEASURES), each.frames, each.lost, each.absent, each.note)
        for each in qualities
    ]
    return pd.DataFrame(rows, columns=list(QUALITY)).astype(dict.fromkeys(MEASURES, float))


def reliability_table(qualities: Iterable[Quality]) -> pd.DataFrame:
    """A row for each bin of each tracker that can be calibrated: :data:`RELIABILITY`."""
    parts = [
        (
            _whose(each),
            {
                "low": bins.low,
                "high": bins.high,
                "frames": bins.frames.astype(np.float64),
                "confidence": bins.confidence,
                "overlap": bins.overlap,
            },
        )
        for each in qualities
        if (bins := each.reliability) is not None
    ]
    return stacked(parts, RELIABILITY[:2], RELIABILITY[2:])


def risk_table(qualities: Iterable[Quality]) -> pd.DataFrame:
    """A row for each point of each tracker's risk-coverage curve, thinned: :data:`RISK`."""
    parts = [
        (_whose(each), {"coverage": curve.coverage, "risk": curve.risk})
        for each in qualities
        if each.risk is not None and (curve := each.risk.thinned())
    ]
    return stacked(parts, RISK[:2], RISK[2:])


def _whose(quality: Quality) -> tuple[str, str]:
    return quality.tracker, quality.benchmark
