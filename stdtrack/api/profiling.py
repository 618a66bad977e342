"""``stdtrack.profile``: :func:`profiling.profile` with plots and files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import profiling.front as profiler
from evalkit.errors import InputError
from evalkit.running.heartbeat import FRAME_TIMEOUT
from profiling.latency.steps import SCOPES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from reports.tables import Table


@dataclass(frozen=True)
class ProfileRun(profiler.ProfileRun):
    """All that was measured, with its tables, plots and files."""

    def plot(self, name: str = "latency_track", scopes: Sequence[str] = SCOPES) -> Figure:
        """One of the plots as a matplotlib Figure, such as ``latency_model``, ``stages`` or ``speed_accuracy``.

        Raises:
            InputError: there is no such plot, or nothing to draw it from.
        """
        from reports.plots import figure_named
        from stdtrack.api.profile_files import draw_profile, report_tables

        profiler.check_scopes(scopes)
        return figure_named(name, draw_profile(report_tables(self, scopes), name), "this profile")

    def save(
        self,
        out: str | Path,
        scopes: Sequence[str] = SCOPES,
        note: Callable[[str], None] = lambda message: None,
    ) -> list[Table]:
        """Write ``profile.json``, ``profile.md``, tables and plots into a folder, as ``stdtrack profile`` does.

        Returns:
            the tables that are not empty.

        Raises:
            InputError: the folder cannot be made.
        """
        from stdtrack.api.profile_files import write_profile

        profiler.check_scopes(scopes)
        make_folder(Path(out))
        return write_profile(self, scopes, Path(out), note)


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
    """Measure latency, memory, energy and accuracy of live modules, live trackers and specs, interleaved in one run.

    Live subjects are measured in the calling process and specs in workers, as :func:`profiling.profile` says.

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
        the run: ``table(name)`` gives DataFrames, ``plot(name)`` figures, ``save(folder)`` writes all files.

    Raises:
        InputError: a module without inputs, an unknown spec, backend, device or benchmark, or one name for two.

    Example:
        >>> import torch
        >>> module = torch.nn.Conv2d(3, 8, 3)
        >>> run = profile({"mine": module}, torch.zeros(1, 3, 32, 32), min_time=0.1)
        >>> run.table("resources")[["tracker", "parameters", "frame_macs"]].values.tolist()
        [['mine', 224, 194400]]
    """
    run = profiler.profile(
        subjects, inputs, data=data, on=on, threads=threads, device=device, backends=backends, min_time=min_time,
        timeout=timeout, note=note, remark=remark, scenes=scenes, ready=ready,
    )  # fmt: skip
    return ProfileRun(**{field.name: getattr(run, field.name) for field in fields(run)})


def make_folder(folder: Path) -> None:
    """Make a folder of results; raises InputError where it cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"the folder cannot be made: {error.strerror}", path=folder, hint="choose another --out"
        ) from error
