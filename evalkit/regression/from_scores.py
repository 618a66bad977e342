"""From scores and results to the record that a baseline keeps."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np

from evalkit.benchmarks.base import fingerprint
from evalkit.regression.file import Record, SequenceRecord
from evalkit.results.store import TIME_SUFFIX, Run, read_times
from evalkit.scoring.opening import Annotation
from evalkit.scoring.tracker import LoadedResults, score_tracker
from evalkit.types import Boxes, Vector


def record_results(
    results: LoadedResults, annotation: Annotation, protocol: str, seconds: Mapping[str, float] | None = None
) -> Record:
    """Score a tracker on what is there of a benchmark, and keep what a baseline needs.

    Args:
        seconds: median time of an update by sequence, where it can be believed; see :func:`believable_seconds`.

    Raises:
        InputError: the protocol does not apply, or there is nothing to score.
    """
    score = score_tracker(results, annotation, protocol)
    boxes = {name: [array for array, _ in runs] for name, runs in results.boxes.items()}
    sequences = {
        sequence.sequence: SequenceRecord(
            frames=sequence.frames,
            metrics=dict(sequence.metrics),
            boxes=boxes_sha256(boxes.get(sequence.sequence, [])),
            initial_box=_initial_box(boxes.get(sequence.sequence, [])),
            seconds=(seconds or {}).get(sequence.sequence),
        )
        for sequence in sorted(score.sequences, key=lambda sequence: sequence.sequence)
    }
    return Record(
        tracker=score.tracker,
        benchmark=score.benchmark,
        protocol=score.protocol,
        fingerprint=fingerprint(annotation.sequence(name) for name in sequences),
        metrics=dict(score.metrics),
        curves=dict(score.curves),
        sequences=sequences,
    )


def believable_seconds(run: Run) -> dict[str, float]:
    """Median time of an update by sequence; empty where parallel workers shared the machine, or conditions changed.

    Raises:
        InputError: a time file has a row that is no number.
    """
    if run.manifest is not None and (run.manifest.workers > 1 or run.manifest.mixed):
        return {}
    names = (path.name.removesuffix(TIME_SUFFIX) for path in run.folder.glob(f"*{TIME_SUFFIX}"))
    found = {name: median_seconds(read_times(run.folder, name)) for name in names}
    return {name: value for name, value in found.items() if value is not None}


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
