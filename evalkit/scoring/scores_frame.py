"""Scores side by side: a column a metric. The tidy tables are in :mod:`evalkit.scoring.tables`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from evalkit.errors import InputError
from evalkit.scoring.scores import BenchmarkScore, coverage, defined_metrics

LABELS = ("tracker", "benchmark", "protocol")


def overall_table(scores: Sequence[BenchmarkScore]) -> pd.DataFrame:
    """A row for each score: :data:`LABELS`, a column for each metric that any of them has, NaN where one has none.

    ``scored`` says how much of the benchmark the figures stand for.
    """
    metrics = defined_metrics(scores)
    rows = [(*_labels(score), *(score.metrics.get(name) for name in metrics), coverage(score)) for score in scores]
    return pd.DataFrame(rows, columns=[*LABELS, *metrics, "scored"]).astype(dict.fromkeys(metrics, float))


def sequence_table(scores: Sequence[BenchmarkScore]) -> pd.DataFrame:
    """A row for each score and sequence: :data:`LABELS`, ``sequence``, a column for each metric of a sequence."""
    pairs = [(score, sequence) for score in scores for sequence in score.sequences]
    metrics = list(dict.fromkeys(name for _, sequence in pairs for name in sequence.metrics))
    rows = [(*_labels(score), one.sequence, *(one.metrics.get(name) for name in metrics)) for score, one in pairs]
    return pd.DataFrame(rows, columns=[*LABELS, "sequence", *metrics]).astype(dict.fromkeys(metrics, float))


def require_frames(scores: Iterable[BenchmarkScore], hint: str) -> None:
    """A table of frames that lacks a benchmark is not made.

    Raises:
        InputError: naming the benchmarks whose frames were not kept, or which are not measured frame by frame.
    """
    absent = {score.benchmark: score for score in scores if not any(each.detail for each in score.sequences)}
    supervised = sorted(name for name, score in absent.items() if score.experiment == "supervised")
    if supervised:
        raise InputError(f"supervised results are not measured frame by frame: {', '.join(supervised)}", hint=hint)
    if absent:
        raise InputError(f"the frames of {', '.join(sorted(absent))} were not kept", hint=hint)


def _labels(score: BenchmarkScore) -> tuple[str, str, str]:
    return score.tracker, score.benchmark, score.protocol
