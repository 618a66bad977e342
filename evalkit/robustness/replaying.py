"""Real-time results out of runs that took their time: files as :mod:`evalkit.results.store` writes them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path

from evalkit.benchmarks.base import Benchmark, fingerprint
from evalkit.benchmarks.registry import open_benchmark
from evalkit.benchmarks.variations import LEVEL_MARK, MARK
from evalkit.errors import InputError
from evalkit.reading.tables import read_boxes
from evalkit.results.manifest import write_manifest
from evalkit.results.store import SCORE_SUFFIX, Run, list_runs, read_times, remove_results, result_path, write_boxes
from evalkit.robustness.real_time import REAL_TIME, replayed
from evalkit.running.locks import exclusive
from evalkit.running.provenance import now
from evalkit.suggestions import some
from evalkit.types import Boxes


def replay(
    results: Path, benchmark: Benchmark, data: Path, budgets: Iterable[int], trackers: Collection[str]
) -> list[str]:
    """Write ``RUNS/<tracker>/<benchmark>+real_time@<fps>`` for every run on a benchmark, in place of earlier ones.

    Args:
        results: ``RUNS``.
        benchmark: that the runs are on.
        data: its root.
        budgets: frames a second.
        trackers: whose runs.

    Returns:
        What to know about the latencies, a line a tracker.

    Raises:
        InputError: a result and its times do not fit together, or a folder is in use.
    """
    runs = [run for run in list_runs(results) if run.benchmark == benchmark.key and run.tracker in trackers]
    for fps in budgets:
        query = benchmark.spec.partition("?")[2]
        name = f"{benchmark.name}{MARK}{REAL_TIME.name}{LEVEL_MARK}{fps}"
        varied = open_benchmark(f"{name}?{query}" if query else name, data=data)
        for run in runs:
            _replay_run(run, varied, fps)
    return [line for run in runs for line in _doubts(run)]


def _replay_run(run: Run, varied: Benchmark, fps: int) -> None:
    folder = run.folder.with_name(varied.key)
    names = [name for name in varied.inventory().present if result_path(run.folder, name).is_file()]
    boxes = {name: held for name in names if (held := _replayed(run, name, fps)) is not None}
    with exclusive(folder):
        remove_results(folder)  # of sequences that the run no longer has
        for name, held in boxes.items():
            write_boxes(folder, name, held)
        if run.manifest is not None and boxes:
            sequences = [varied.sequence(name) for name in boxes]
            facts = {**run.manifest.benchmark, "name": varied.key, "options": dict(varied.options)}
            known = {sequence.name: fingerprint([sequence]) for sequence in sequences}
            facts["fingerprint"] = fingerprint(sequences)
            write_manifest(folder, replace(run.manifest, benchmark=facts, fingerprints=known, finished=now()))


def _replayed(run: Run, name: str, fps: int) -> Boxes | None:
    """(N, 4) a sequence's boxes in real time; None where there are no times to replay from."""
    path, times = result_path(run.folder, name), read_times(run.folder, name)
    if times is None:
        return None
    boxes = read_boxes(path)
    if len(boxes) != len(times):
        raise InputError(f"{len(boxes)} boxes and {len(times)} times", path=path, hint="run the sequence again")
    return replayed(boxes, times, float(fps))


def _doubts(run: Run) -> list[str]:
    """Why the latencies may not be the tracker's own."""
    lines, manifest = [], run.manifest
    names = [path.name.removesuffix(SCORE_SUFFIX) for path in sorted(run.folder.glob(f"*{SCORE_SUFFIX}"))]
    missing = [name for name in names if read_times(run.folder, name) is None]
    if missing:
        lines.append(f"{run.tracker}: no times of {some(missing)}")
    if manifest is not None and manifest.workers > 1:
        lines.append(f"{run.tracker}: latencies of {manifest.workers} workers that shared the machine")
    if manifest is not None and manifest.mixed:
        lines.append(f"{run.tracker}: latencies of a run that was resumed under other conditions")
    return lines
