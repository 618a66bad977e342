"""From scores and results to the record that a baseline keeps."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np

from evalkit.baseline import Record, SequenceRecord
from evalkit.scores import BenchmarkScore
from evalkit.types import Boxes, Vector


def make_record(
    score: BenchmarkScore,
    fingerprint: str,
    results: Mapping[str, Sequence[Boxes]],
    times: Mapping[str, Vector] | None = None,
) -> Record:
    """What is kept of a tracker on a benchmark.

    Args:
        score: of the sequences that ``results`` has.
        fingerprint: of the annotation of these sequences, in the order of their names.
        results: the boxes as in the result files, one array a repetition, by sequence.
        times: (N,) seconds a frame by sequence, the first being ``init``; only where they can be believed.
    """
    sequences = {
        each.sequence: SequenceRecord(
            frames=each.frames,
            metrics=dict(each.metrics),
            boxes=boxes_sha256(results[each.sequence]),
            initial_box=_initial_box(results[each.sequence]),
            seconds=median_seconds((times or {}).get(each.sequence)),
        )
        for each in sorted(score.sequences, key=lambda each: each.sequence)
    }
    return Record(
        tracker=score.tracker,
        benchmark=score.benchmark,
        protocol=score.protocol,
        fingerprint=fingerprint,
        metrics=dict(score.metrics),
        curves=dict(score.curves),
        sequences=sequences,
    )


def boxes_sha256(repetitions: Sequence[Boxes]) -> str:
    """SHA-256 over the numbers, so that ``1,2,3,4`` and ``1.0 2.0 3.0 4.0`` are one result.

    >>> boxes_sha256([np.array([[0.0, -0.0, 1.0, 1.0]])]) == boxes_sha256([np.array([[0.0, 0.0, 1.0, 1.0]])])
    True
    """
    digest = hashlib.sha256()
    for boxes in repetitions:
        values = np.array(boxes, dtype="<f8") + 0.0  # -0.0 becomes 0.0
        values[np.isnan(values)] = np.nan  # every NaN has the same bits
        digest.update(f"{values.shape}".encode() + values.tobytes())
    return digest.hexdigest()


def median_seconds(times: Vector | None) -> float | None:
    """Median time of an update to three digits, without ``init``; None where there is none.

    >>> median_seconds(np.array([1.0, 0.0123456, 0.02, 0.01]))
    0.0123
    """
    if times is None:
        return None
    updates = times[1:][np.isfinite(times[1:]) & (times[1:] > 0)]
    return float(f"{np.median(updates):.3g}") if len(updates) else None


def _initial_box(repetitions: Sequence[Boxes]) -> tuple[float, float, float, float] | None:
    first = next((boxes[0] for boxes in repetitions if len(boxes)), None)
    if first is None or not np.isfinite(first).all():
        return None
    x, y, w, h = first.tolist()
    return x, y, w, h
