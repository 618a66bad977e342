"""What people call the parts of a score, the same in every format."""

from __future__ import annotations

from collections.abc import Iterable

from evalkit.scoring.scores import OPE_METRICS, VOT_METRICS, BenchmarkScore
from evalkit.shown import one_line

VISIBLE = 0.5e-4
"""Smaller differences do not show in four decimals."""
TITLES = {
    "auc": "AUC",
    "precision": "P",
    "normalized_precision": "NP",
    "ao": "AO",
    "sr50": "SR0.50",
    "sr75": "SR0.75",
    "accuracy": "A",
    "robustness": "R",
    "eao": "EAO",
}


def metric_names(score: BenchmarkScore) -> tuple[str, ...]:
    """What is reported for this kind of benchmark, defined by the protocol or not."""
    return VOT_METRICS if "eao" in score.metrics else OPE_METRICS


def defined_metrics(scores: Iterable[BenchmarkScore]) -> list[str]:
    """The metrics that any of the scores has."""
    found = {name for score in scores for name, value in score.metrics.items() if value is not None}
    return [name for name in (*OPE_METRICS, *VOT_METRICS) if name in found]


def coverage(score: BenchmarkScore) -> str:
    """How much of the benchmark a figure stands for: ``5 of 100 sequences``; always shown beside partial figures.

    An unverified total is what was found, not what an official list says.
    """
    total = score.sequences_total
    text = f"{total} sequences" if score.complete else f"{score.sequences_scored} of {total} sequences"
    text += f", {len(score.excluded)} excluded" if score.excluded else ""
    return text if score.total_verified else f"{text} (total unverified)"


def tracker_label(score: BenchmarkScore) -> str:
    """The tracker, with the remark that belongs beside its name."""
    return one_line(f"{score.tracker} ({score.remark})" if score.remark else score.tracker)


def protocol_label(score: BenchmarkScore) -> str:
    """The protocol, or that its figures are not quite its own."""
    return f"{score.protocol} (annotation incomplete)" if score.shortcoming else score.protocol
