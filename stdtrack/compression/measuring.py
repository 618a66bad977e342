"""Original and compressed tracker beside each other: speed in one interleaved run, accuracy, agreement."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from evalkit.errors import InputError
from evalkit.running.heartbeat import FRAME_TIMEOUT
from evalkit.trackers.spec import load_tracker
from profiling.latency.clips import Clip, ClipName
from profiling.latency.profiler import profile_targets
from profiling.latency.results import Profiles, ProfileTarget
from profiling.latency.statistics import Ratio
from profiling.tables import latency_table, ratio_table, resource_table
from reports.inputs import records
from stdtrack.compression.agreement import mean_auc
from stdtrack.compression.card import COMPRESSED, ORIGINAL, Side

SCOPES = ("model", "track")


def timed(
    original: str,
    compressed: str,
    clips: Sequence[ClipName],
    *,
    threads: int,
    min_time: float,
    tell: Callable[[str], None],
) -> Profiles:
    """Both in turns, each in a process of its own; raises InputError where one of them fails."""
    targets = [
        ProfileTarget(spec, threads, name=name) for name, spec in ((ORIGINAL, original), (COMPRESSED, compressed))
    ]
    run = profile_targets(targets, tuple(clips), min_time=min_time, timeout=FRAME_TIMEOUT, note=tell)
    for label, problem in run.failures.items():
        raise InputError(f"{label} failed while it was timed: {problem}")
    return run


def sides(run: Profiles, clips: Sequence[Clip], sizes: Sequence[int]) -> tuple[Side, Side]:
    """What is known of each; ``sizes`` are the bytes of their files."""
    latency, resources = latency_table(run, SCOPES), resource_table(run).set_index("tracker")
    made = []
    for profile, size in zip(run.profiles, sizes, strict=True):
        label = profile.target.label
        rows = records(latency[latency["tracker"] == label])
        made.append(
            Side(
                spec=profile.target.spec,
                backend=str(rows[0]["backend"]),
                parameters=_whole(resources.loc[label, "parameters"]),
                macs=_whole(resources.loc[label, "frame_macs"]),
                bytes=size,
                p50_ms={row["scope"]: row["p50_ms"] for row in rows},
                fps_median={row["scope"]: row["fps_median"] for row in rows},
                auc=mean_auc(load_tracker(profile.target.spec), clips),
            )
        )
    first, second = made
    return first, second


def ratios(run: Profiles) -> dict[str, Ratio]:
    """By scope, how many times longer a frame of the second tracker takes."""
    table = ratio_table(run, SCOPES)
    return {row["scope"]: Ratio(row["ratio"], row["low"], row["high"]) for row in records(table)}


def size_of(*paths: Path) -> int:
    """Bytes of files."""
    return sum(path.stat().st_size for path in paths)


def _whole(value: Any) -> int | None:
    return None if pd.isna(value) else int(value)
