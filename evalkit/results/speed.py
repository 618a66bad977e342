"""Speeds out of the ``_time.txt`` files beside results."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from evalkit.reading.tables import parse_table
from evalkit.results.columns import LATENCIES, SPEED_FIGURES, SPEEDS
from evalkit.results.latencies import summarise
from evalkit.results.store import TIME_SUFFIX, Run, read_times
from evalkit.results.tidy import stacked
from evalkit.results.tracker_results import TrackerResults
from evalkit.types import Vector

SCOPE = "track"
"""What our runner times: the tracker's ``update`` alone, without decoding and without the first frame."""


def speed_table(runs: Iterable[Run]) -> pd.DataFrame:
    """One row for each tracker on each benchmark: frames a second and milliseconds a frame, over all its frames.

    ``fps_median`` is one over the median time, ``fps_mean`` frames divided by their total time (not the mean of 1/t,
    which a few fast frames inflate). Where speeds would be wrong they are NaN and ``note`` says why.

    Returns:
        Columns tracker, benchmark, scope, backend, threads, device, fps_median, fps_mean, p50_ms, p90_ms, p99_ms, note.

    Raises:
        InputError: a time file has a row that is no number.
    """
    return pd.DataFrame([_row(run) for run in runs], columns=list(SPEEDS))


def _row(run: Run) -> dict[str, object]:
    manifest, note = run.manifest, ""
    times = pooled_times(run)
    if manifest is not None and manifest.workers > 1:
        note = f"left out: {manifest.workers} workers shared the machine"
    elif manifest is not None and manifest.mixed:
        note = "left out: the run was resumed under other conditions"
    elif not len(times):
        note = "left out: no times recorded"
    elif manifest is None:
        note = "no run.json: scope, threads and device are unknown"
    figures = dict.fromkeys(SPEED_FIGURES, np.nan) if note.startswith("left out") else speed_figures(times)
    facts = manifest.tracker if manifest else {}
    return {
        "tracker": run.tracker,
        "benchmark": run.benchmark,
        "scope": SCOPE if manifest else "unknown",
        "backend": facts.get("backend", "unknown"),
        "threads": manifest.threads if manifest else pd.NA,
        "device": facts.get("device", "unknown"),
        **figures,
        "note": note,
    }


def latency_table(runs: Iterable[Run], *, categories: bool = False) -> pd.DataFrame:
    """Every frame but the first ones: columns tracker, benchmark, sequence, frame (0-based), milliseconds.

    Runs whose speeds :func:`speed_table` leaves out are left out here. ``categories``: see
    :func:`evalkit.results.tidy.stacked`.
    """
    parts = [
        ((run.tracker, run.benchmark, sequence), {"frame": np.arange(1, len(times) + 1), "milliseconds": 1e3 * times})
        for run in runs
        if run.manifest is None or (run.manifest.workers == 1 and not run.manifest.mixed)
        for sequence, times in frame_times(run).items()
    ]
    return stacked(parts, LATENCIES[:3], LATENCIES[3:], categories=categories)


def frame_times(run: Run) -> dict[str, Vector]:
    """(N - 1,) seconds of each sequence's frames, without the first one, where ``init`` ran."""
    by_sequence = {}
    for path in sorted(run.folder.glob(f"*{TIME_SUFFIX}")):
        sequence = path.name.removesuffix(TIME_SUFFIX)
        times = read_times(run.folder, sequence)
        if times is not None:
            by_sequence[sequence] = times[1:]
    return by_sequence


def pooled_times(run: Run) -> Vector:
    """(N,) seconds of all frames of :func:`frame_times`; times of 0 (nothing measured) are left out."""
    joined = np.concatenate([np.empty(0), *frame_times(run).values()])
    positive: Vector = joined[joined > 0.0]
    return positive


def speed_figures(times: Vector) -> dict[str, float]:
    """Figures of (N,) positive times in seconds, N > 0; see :mod:`evalkit.results.latencies`.

    >>> {name: round(value, 3) for name, value in speed_figures(np.array([0.01, 0.01, 0.04])).items()}
    {'fps_median': 100.0, 'fps_mean': 50.0, 'p50_ms': 10.0, 'p90_ms': 40.0, 'p99_ms': 40.0}
    """
    summary = summarise(times)
    return {
        "fps_median": summary.fps_median,
        "fps_mean": summary.fps_mean,
        "p50_ms": 1e3 * summary.p50,
        "p90_ms": 1e3 * summary.p90,
        "p99_ms": 1e3 * summary.p99,
    }


def got10k_speed(results: TrackerResults) -> float | None:
    """Mean of 1 / t over all frames and repetitions with t > 0, as ``ExperimentGOT10k.report`` has it.

    Fast frames weigh more in it than in frames divided by seconds; None where no times lie beside the results.

    Raises:
        InputError: a time file has a field that is no number.
    """
    tables = (parse_table(file.read(), file.place).ravel() for file in results.times.values())
    times = np.concatenate([np.empty(0), *tables])
    measured = times[times > 0]
    return float((1.0 / measured).mean()) if len(measured) else None
