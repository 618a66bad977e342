"""Scores as tidy pandas tables, which reports, exports and regression checks are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalkit.results.tidy import stacked
from evalkit.scoring.columns import ATTRIBUTES, BOX, COVERAGE, CURVES, FRAMES, SCORES, TRUTH
from evalkit.scoring.scores import BenchmarkScore, FrameDetail, SequenceScore
from evalkit.types import Vector


def score_table(scores: Iterable[BenchmarkScore]) -> pd.DataFrame:
    """One row a figure: :data:`SCORES`; ``sequence`` is None for the benchmark's own; undefined figures have no row.

    ``shortcoming`` says what the annotation lacks for the protocol's own figures, and is empty where it lacks nothing;
    ``scored`` and ``total`` how many of the benchmark's sequences the benchmark's own figures stand for.
    """
    rows = []
    for score in scores:
        labels = (score.tracker, score.benchmark, score.protocol)
        by_sequence = [(None, score.metrics), *((each.sequence, each.metrics) for each in score.sequences)]
        rows += [
            (*labels, sequence, metric, value, score.shortcoming, score.sequences_scored, score.sequences_total)
            for sequence, metrics in by_sequence
            for metric, value in metrics.items()
            if value is not None
        ]
    return pd.DataFrame(rows, columns=list(SCORES)).astype({"sequence": object, "value": float})


def curve_table(scores: Iterable[BenchmarkScore]) -> pd.DataFrame:
    """One row a threshold: :data:`CURVES`; ``sequence`` is None for the benchmark's own curves."""
    parts: list[tuple[tuple[object, ...], dict[str, Vector]]] = []
    for score in scores:
        for name, curve in score.curves.items():
            curves: list[tuple[str | None, Vector]] = [(None, curve.values)]
            curves += [(each.sequence, each.curves[name]) for each in score.sequences if name in each.curves]
            for sequence, values in curves:
                labels = (score.tracker, score.benchmark, score.protocol, sequence, name)
                parts.append((labels, {"threshold": curve.thresholds, "value": values}))
    return stacked(parts, CURVES[:5], CURVES[5:])


def coverage_table(scores: Iterable[BenchmarkScore]) -> pd.DataFrame:
    """One row a score: how much of the benchmark it stands for; ``missing`` is a tuple of names."""
    rows = [
        (
            *(score.tracker, score.benchmark, score.protocol),
            *(score.sequences_scored, score.sequences_total, score.total_verified, score.missing),
        )
        for score in scores
    ]
    return pd.DataFrame(rows, columns=list(COVERAGE))


def attribute_table(scores: Iterable[BenchmarkScore]) -> pd.DataFrame:
    """One row a figure of the scores that :func:`evalkit.scoring.aggregation.by_attribute` makes."""
    rows = [
        (score.tracker, score.benchmark, score.protocol, score.attribute, score.sequences_scored, metric, value)
        for score in scores
        if score.attribute is not None
        for metric, value in score.metrics.items()
        if value is not None
    ]
    return pd.DataFrame(rows, columns=list(ATTRIBUTES))


def frame_table(
    scores: Iterable[BenchmarkScore],
    columns: Sequence[str] = FRAMES,
    frames: Mapping[tuple[str, str], Sequence[int]] | None = None,
    *,
    categories: bool = False,
) -> pd.DataFrame:
    """One row a frame of scores whose frames were kept: :data:`FRAMES`; frames and boxes are 0-based.

    ``iou`` and ``error`` are NaN where the protocol does not score the frame, ``score`` where the tracker reports no
    confidence.

    Args:
        columns: some of :data:`FRAMES` in its order; what is not asked for takes no memory.
        frames: the frames to give by (benchmark, sequence), none of other sequences; all of all if None.
        categories: see :func:`evalkit.results.tidy.stacked`.
    """
    labels, figures = [name for name in columns if name in FRAMES[:4]], [name for name in columns if name in FRAMES[4:]]
    parts = []
    for score in scores:
        for each in score.sequences:
            chosen = slice(None) if frames is None else list(frames.get((score.benchmark, each.sequence), ()))
            if each.detail is not None and chosen != []:
                of = dict(zip(FRAMES, (score.tracker, score.benchmark, score.protocol, each.sequence), strict=False))
                table = _frames(each, each.detail)
                parts.append(([of[name] for name in labels], {name: table[name][chosen] for name in figures}))
    return stacked(parts, labels, figures, categories=categories)


def _frames(score: SequenceScore, detail: FrameDetail) -> dict[str, NDArray[Any]]:
    columns: dict[str, NDArray[Any]] = {"frame": np.arange(len(detail.prediction))}
    columns |= dict(zip(BOX, detail.prediction.T, strict=True)) | dict(zip(TRUTH, detail.truth.T, strict=True))
    columns |= {"iou": score.overlaps, "error": score.errors, "score": detail.confidence, "absent": detail.absent}
    return columns
