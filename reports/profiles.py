"""The profiler's tables as reports print them: each number with the digits that it deserves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from reports.tables import Cell, Table, number, word
from reports.views import labels

CAPTIONS: Mapping[str, str] = {
    "latency": "Milliseconds a frame. Scopes: model = tensors in, tensors out; track = crop, model and box; "
    "pipeline = track and decoding of the image. FPS (median) = 1 / p50, FPS (mean) = frames / total time. "
    "waited = share of the time in which another program held the processor.",
    "ratios": "How many times longer a frame takes than one of the reference: the fast tenth of each one's frames, "
    "clip by clip, waits for the processor left out, with a 95 % bootstrap interval over rounds.",
    "stages": "Median milliseconds of each stage, and its share of the pipeline's total time.",
    "resources": "Complexity of the networks (FLOPs = 2 MACs), memory of a fresh process, energy.",
    "accuracy": "Speed in the scope track beside the mean IoU on the same clips (first frame left out).",
    "published": "Median FPS here in the scope track beside published figures, each on its authors' machine: "
    "the ratio (here / published) compares machines as much as trackers. Accuracy does not enter.",
    "scaling": "Median milliseconds by number of threads.",
    "roofline": "Achieved GFLOP/s in the scope model, waits for the processor left out, below the measured ceilings.",
}
_DIGITS: Mapping[str, str] = {
    **dict.fromkeys(("ratio", "low", "high", "mean_iou"), "{:.3f}"),
    **dict.fromkeys(("fps_median", "fps_mean", "flops_per_byte", "here_fps", "published_fps"), "{:.1f}"),
    **dict.fromkeys(("frames", "threads", "parameters", "init_macs", "frame_macs", "frame_flops"), "{:,.0f}"),
    "growth_bytes_per_frame": "{:,.0f}",
    **dict.fromkeys(("share", "waited"), "{:.1%}"),
    "difference_from_eager": "{:.1e}",
}
NUMBERS = frozenset((*_DIGITS, "init_macs", "p50_ms", "p90_ms", "p99_ms", "max_ms", "median_ms"))
"""Columns that hold numbers alone."""


def profile_tables(profiles: Mapping[str, pd.DataFrame], facts: pd.DataFrame) -> tuple[Table, ...]:
    """The tables that hold something, trackers named with their notes."""
    return tuple(profile_table(name, frame, facts) for name, frame in profiles.items() if not frame.empty)


def profile_table(name: str, frame: pd.DataFrame, facts: pd.DataFrame | None = None) -> Table:
    """One of the profiler's tables.

    Args:
        name: a key of :data:`CAPTIONS`.
        facts: notes of trackers, see :class:`reports.inputs.ReportTables`.
    """
    shown = frame.copy()
    keys: tuple[str, ...] = ()
    if "tracker" in shown:
        keys = tuple(map(str, shown["tracker"]))
        if facts is not None:
            shown["tracker"] = shown["tracker"].map(labels(dict.fromkeys(keys), facts))
    numeric = tuple(column in _DIGITS or pd.api.types.is_numeric_dtype(shown[column]) for column in shown.columns)
    kinds = list(zip(map(str, shown.columns), numeric, strict=True))
    rows = tuple(
        tuple(_cell(column, value, is_number) for (column, is_number), value in zip(kinds, row, strict=True))
        for row in shown.itertuples(index=False)
    )
    return Table(name, CAPTIONS.get(name, name), tuple(map(str, shown.columns)), rows, numeric, keys=keys)


def _cell(column: str, value: Any, is_number: bool) -> Cell:
    return number(value, _DIGITS.get(column, "{:.2f}")) if is_number else word(value)
