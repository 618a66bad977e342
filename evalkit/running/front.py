"""Run trackers on benchmarks: specs in workers, live instances in the calling process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from evalkit.benchmarks.data_root import data_root
from evalkit.benchmarks.registry import canonical_specs, open_benchmark
from evalkit.errors import InputError
from evalkit.running.cluster import ClusterExecutor
from evalkit.running.heartbeat import FRAME_TIMEOUT
from evalkit.running.pool import WorkerPool
from evalkit.running.progress import Progress, RunSummary, Unwatched
from evalkit.running.runner import RunOptions
from evalkit.running.runner import run as run_selected
from evalkit.running.selection import Selection, select
from evalkit.suggestions import as_names
from evalkit.trackers.base import wait_at_most
from evalkit.trackers.live import NamedTracker, Source, named_trackers


def run(
    trackers: Source | Iterable[Source] | Mapping[str, Source],
    *,
    on: str | Iterable[str],
    out: str | Path,
    data: str | Path | None = None,
    sequences: str | Iterable[str] = (),
    exclude: str | Iterable[str] = (),
    workers: int = 1,
    threads: int = 1,
    timeout: float = FRAME_TIMEOUT,
    max_failures: int | None = None,
    retry_failed: bool = False,
    fresh: bool = False,
    shard: tuple[int, int] = (1, 1),
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> RunSummary:
    """Run trackers on benchmarks into a folder of results, as ``stdtrack run`` does; what is finished is not run again.

    A tracker is a spec (``opencv:csrt``, ``module:factory?option=value``), which runs in worker processes, or a live
    instance: anything with ``init(image, box)`` and ``update(image)``, or of the kinds of got10k, pytracking and
    pysot. Images are (H, W, 3) uint8 RGB, boxes (4,) float64 ``x, y, w, h``, 0-based. Instances run first, one after
    another in the calling process: what they raise costs them a sequence, but a crash, or a frame that never ends,
    costs the run, which the same call goes on with.

    Args:
        trackers: one, several, or a mapping from names; without names, an instance is called by its class.
        on: benchmarks, such as ``otb100`` or ``folder``.
        out: folder of results; one that has results goes on with them.
        data: root of several benchmarks or of one; by default ``STDTRACK_DATA`` or ``stdtrack.toml``.
        sequences: shell patterns; only sequences with such names.
        exclude: shell patterns; no sequences with such names.
        workers: processes at once.
        threads: of each process, and of the calling one while an instance runs.
        timeout: seconds that a frame in a worker, or an answer of a live ``process:`` or ``trax:`` tracker may take.
        max_failures: stop when more sequences have failed.
        retry_failed: run again what failed before.
        fresh: delete the results of these trackers on these benchmarks first.
        shard: ``(i, n)``: the i-th of n parts of the work.
        scheduler: address of a Dask cluster that runs the specs.
        progress: told how far the run is.

    Returns:
        what it came to; its ``caveats`` say what a reader of the results has to know.

    Raises:
        InputError: no data, an unknown tracker, benchmark or sequence, broken data, a folder that is in use, or one
            that has results of something else.
        LostClusterError: the cluster is gone; what is finished is kept.

    Example:
        >>> from evalkit import Prediction
        >>> class Still:
        ...     def init(self, image, box):
        ...         self.box = box
        ...     def update(self, image):
        ...         return Prediction(self.box, 1.0)
        >>> run(Still(), on="folder", data="clips", out="runs").finished
        2
    """
    named, watcher = _patient(named_trackers(trackers), timeout), progress or Unwatched()
    selections = _selections(on, data, sequences, exclude, shard)
    for selection in selections:
        watcher.select(selection)
    with _pool(scheduler, workers, threads, timeout) as pool:
        options = RunOptions(Path(out), fresh, retry_failed, max_failures, pool.size, threads)
        summary = run_selected(named, selections, pool, options, watcher)
    summary.caveats[:0] = [caveat for selection in selections for caveat in selection.caveats]
    return summary


def _patient(trackers: tuple[NamedTracker, ...], timeout: float) -> tuple[NamedTracker, ...]:
    """The trackers, of which live ones that are programs wait no longer for an answer."""
    for instance in (tracker.source for tracker in trackers if tracker.is_live):
        wait_at_most(instance, timeout)
    return trackers


@contextmanager
def _pool(scheduler: str | None, workers: int, threads: int, timeout: float) -> Iterator[WorkerPool | ClusterExecutor]:
    """Workers of this machine or of a Dask cluster; what still runs at the end is ended."""
    if scheduler is None:
        pool: WorkerPool | ClusterExecutor = WorkerPool(workers, threads=threads, timeout=timeout)
    else:
        pool = ClusterExecutor(scheduler, threads=threads, timeout=timeout)
    try:
        yield pool
    finally:
        pool.abort()


def _selections(
    on: str | Iterable[str],
    data: str | Path | None,
    sequences: str | Iterable[str],
    exclude: str | Iterable[str],
    shard: tuple[int, int],
) -> tuple[Selection, ...]:
    root = data_root(None if data is None else Path(data))
    if root is None:
        raise InputError("nothing says where the data are", hint="--data ROOT, STDTRACK_DATA or stdtrack.toml")
    root = root.absolute()  # a tracker may change the working folder
    names = canonical_specs(as_names(on))
    if not names:
        raise InputError("there is no benchmark to run on", hint="on='otb100', or several names")
    return select([open_benchmark(name, data=root) for name in names], as_names(sequences), shard, as_names(exclude))
