"""Run one tracker on one benchmark, and record what a baseline keeps of it."""

from __future__ import annotations

from pathlib import Path

from evalkit.benchmarks.base import Benchmark
from evalkit.errors import InputError
from evalkit.regression.file import Record
from evalkit.regression.from_scores import record_results
from evalkit.results.store import failure_path
from evalkit.results.trees import read_tree
from evalkit.running.pool import WorkerPool
from evalkit.running.progress import Unwatched
from evalkit.running.runner import RunOptions, run
from evalkit.running.selection import select
from evalkit.scoring.opening import Annotation
from evalkit.scoring.tracker import load_results
from evalkit.trackers.folders import folder_name
from evalkit.trackers.live import named_trackers


def run_and_record(spec: str, benchmark: Benchmark, out: Path, protocol: str | None = None) -> Record:
    """Run ``spec`` on every sequence that is present, score it, and return the record; results stay in ``out``.

    The tracker runs as `stdtrack run` runs it: in one worker process with one thread, so that tests beside it neither
    slow it down much nor change its last bits. Speeds are left out: a test run shares its machine.

    Raises:
        InputError: unknown tracker, a sequence on which it failed, broken data, or a protocol that does not score this
            benchmark.
    """
    selections = select([benchmark])
    pool = WorkerPool(1, threads=1)
    try:
        summary = run(named_trackers(spec), selections, pool, RunOptions(out), Unwatched())
    finally:
        pool.abort()
    if summary.failures:
        failed = ", ".join(sequence for _, _, sequence in summary.failures)
        log = failure_path(out / folder_name(spec) / benchmark.key, summary.failures[0][2])
        reason = summary.reasons[summary.failures[0]]
        raise InputError(f"'{spec}' failed on {failed}: {reason}", path=log)
    annotation = Annotation(benchmark)
    (results,) = read_tree(out, benchmark.name, annotation.inventory.present)
    return record_results(load_results(results), annotation, protocol or annotation.benchmark.protocol)
