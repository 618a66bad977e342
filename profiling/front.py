"""Measure live modules, live trackers and specs side by side."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from evalkit.benchmarks.data_root import data_root
from evalkit.benchmarks.registry import canonical_specs
from evalkit.benchmarks.synthetic.writer import render
from evalkit.errors import InputError
from evalkit.running.heartbeat import FRAME_TIMEOUT
from evalkit.suggestions import as_names, suggestion
from evalkit.trackers.stages import Staged
from profiling import tables
from profiling.latency.clips import ClipName, choose_clips
from profiling.latency.profiler import profile_targets
from profiling.latency.results import Profiles
from profiling.latency.steps import SCOPES, SHORTEST_CLIP
from profiling.latency.targets import Setting, Targets, collect_targets

DEVICES = ("cpu", "cuda")
TABLES: Mapping[str, Callable[[Profiles, Sequence[str]], pd.DataFrame]] = {
    "latency": tables.latency_table,
    "ratios": tables.ratio_table,
    "stages": lambda run, scopes: tables.stage_table(run),
    "resources": lambda run, scopes: tables.resource_table(run),
    "accuracy": lambda run, scopes: tables.accuracy_table(run),
    "scaling": tables.scaling_table,
    "roofline": lambda run, scopes: tables.roofline_table(run),
    "frames": tables.frame_table,
}
"""The tables of a run by name, in printing order; ``frames`` has a row for every frame."""


@dataclass(frozen=True)
class ProfileRun(Profiles):
    """All that was measured, with its tables."""

    def table(self, name: str = "latency", scopes: Sequence[str] = SCOPES) -> pd.DataFrame:
        """One of :data:`TABLES` as a tidy DataFrame; times in milliseconds, memory in MiB.

        Raises:
            InputError: there is no such table or scope.
        """
        if name not in TABLES:
            raise InputError(f"there is no table '{name}'", hint=suggestion(name, TABLES))
        check_scopes(scopes)
        return TABLES[name](self, scopes)


def check_scopes(scopes: Iterable[str]) -> None:
    """Raise InputError for a scope that there is not."""
    wrong = sorted(set(scopes) - set(SCOPES))
    if wrong:
        raise InputError(f"unknown scope '{wrong[0]}'", hint=suggestion(wrong[0], SCOPES))


def profile(
    subjects: Any,
    inputs: Any = None,
    *,
    data: str | Path | None = None,
    on: str | Iterable[str] = (),
    threads: int | Iterable[int] = 1,
    device: str = "cpu",
    backends: str | Iterable[str] = (),
    min_time: float = 10.0,
    timeout: float = FRAME_TIMEOUT,
    note: Callable[[str], None] = lambda message: None,
    remark: Callable[[str, str], None] = lambda title, note: None,
    scenes: str | Path | None = None,
    ready: Callable[[], None] = lambda: None,
) -> ProfileRun:
    """Measure latency, memory, energy and accuracy of anything, all interleaved in one run.

    Specs are measured in workers of their own. Live modules and trackers are measured in the calling process: no time
    limit holds there, memory of their own is not known, and their notes say so. A module is measured as a copy in
    evaluation mode, in the scope ``model`` alone; a tracker is measured itself.

    Args:
        subjects: a module, ``(module, inputs)``, a tracker in any style that adapters know, a spec, a list of these
            (named by class) or a mapping from names to them.
        inputs: what the modules are called with: a tensor, a tuple of positional arguments, or a dict of keywords.
        data: root of the benchmarks whose frames trackers follow; by default ``STDTRACK_DATA``, ``stdtrack.toml``, or
            rendered scenes. Live modules alone need none.
        on: only these benchmarks.
        threads: numbers of threads; a live tracker can have one.
        device: ``cpu`` or ``cuda``.
        backends: ``NAME[:PRECISION]`` of the networks; their own without. Those of live trackers stay as they are.
        min_time: seconds measured of each subject.
        timeout: seconds that a frame may take in a worker.
        note: told what is going on.
        remark: told what a tracker says of itself, before anything is measured.
        scenes: where scenes are rendered, if they are; a temporary folder by default.
        ready: called when everything is checked and nothing measured yet.

    Returns:
        the run; ``table("latency")`` and the others of :data:`TABLES` are DataFrames.

    Raises:
        InputError: a module without inputs, an unknown spec, backend, device or benchmark, or one name for two.

    Example:
        >>> import torch
        >>> run = profile(torch.nn.Linear(8, 8), torch.zeros(1, 8), min_time=0.1)
        >>> run.table("latency")[["tracker", "scope"]].values.tolist()
        [['Linear', 'model']]
    """
    targets = collect_targets(subjects, inputs, _setting(threads, backends, device))
    _require_positive(min_time=min_time, timeout=timeout)
    with ExitStack() as stack:
        clips: tuple[ClipName, ...] = ()
        if targets.need_clips:
            folder = Path(scenes or stack.enter_context(TemporaryDirectory(prefix="stdtrack-scenes-")))
            clips = clips_to_follow(data, on, folder, note)
        ready()
        stack.enter_context(_stages_kept(targets))
        run = profile_targets(
            targets.targets, clips, live=targets.live, min_time=min_time, timeout=timeout, note=note, remark=remark
        )
    return ProfileRun(**{field.name: getattr(run, field.name) for field in fields(run)})


def clips_to_follow(
    data: str | Path | None, on: str | Iterable[str], scenes: Path, note: Callable[[str], None]
) -> tuple[ClipName, ...]:
    """Clips of the benchmarks under a root; where there is none, of scenes that are rendered into ``scenes``.

    Args:
        data: the root; by default ``STDTRACK_DATA`` or ``stdtrack.toml``.
        on: only these benchmarks.
        note: told that scenes are rendered.

    Raises:
        InputError: an unknown benchmark, or as :func:`profiling.latency.clips.choose_clips`.
    """
    benchmarks = canonical_specs(as_names(on))  # what is misspelt is told before scenes are rendered
    root = data_root(None if data is None else Path(data))
    if root is None:
        note(f"no --data: rendering scenes into {scenes}")
        render(scenes, 0)
        root = scenes
    return choose_clips(root, SHORTEST_CLIP, benchmarks)


def _require_positive(**seconds: float) -> None:
    for name, value in seconds.items():
        if not (math.isfinite(value) and value > 0):
            raise InputError(f"{name} is {value:g}, no positive number of seconds")


def _setting(threads: int | Iterable[int], backends: str | Iterable[str], device: str) -> Setting:
    counts = (threads,) if isinstance(threads, int) else tuple(dict.fromkeys(threads)) or (1,)
    for count in counts:
        if not (isinstance(count, int) and not isinstance(count, bool) and count > 0):
            raise InputError(f"--threads {count} is no positive number")
    if device not in DEVICES:
        raise InputError(f"unknown device '{device}'", hint=suggestion(device, DEVICES))
    if device == "cuda":
        from profiling.latency.cuda import require_cuda

        require_cuda()
    return Setting(counts, as_names(backends), device)


@contextmanager
def _stages_kept(targets: Targets) -> Iterator[None]:
    """Give live trackers the timers of stages back that they had."""
    staged = [(tracker, tracker.stage) for tracker in targets.live.values() if isinstance(tracker, Staged)]
    try:
        yield
    finally:
        for tracker, stage in staged:
            tracker.stage = stage
