"""Run one tracker on one benchmark in this process, and record what a baseline keeps of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from evalkit.baseline import Record
from evalkit.benchmarks.base import Benchmark
from evalkit.errors import InputError
from evalkit.importers.trees import read_tree
from evalkit.protocols import default_protocol
from evalkit.recording import record_results
from evalkit.runner import RunOptions, run
from evalkit.scoring import Annotation, load_results
from evalkit.selection import select


class Unwatched:
    """A progress that nobody looks at."""

    def begin(self, tracker: str, benchmark: str, *, sequences: int, frames: int, finished: int) -> None:
        """Say nothing."""

    def advance(self, tracker: str, benchmark: str, sequence: str, frames: int, failure: str | None) -> None:
        """Say nothing."""


def run_and_record(spec: str, benchmark: Benchmark, out: Path, protocol: str | None = None) -> Record:
    """Run ``spec`` on every sequence that is present, score it, and return the record; results stay in ``out``.

    Speeds are left out: a test run shares its machine. What the tracker raises is raised.

    Raises:
        InputError: unknown tracker, broken data, or a protocol that does not score this benchmark.
    """
    selections = select([benchmark])
    with ThreadPoolExecutor(max_workers=1) as executor:
        summary = run([spec], selections, executor, RunOptions(out), Unwatched())
    if summary.failures:
        failed = ", ".join(sequence for _, _, sequence in summary.failures)
        raise InputError(f"'{spec}' failed on {failed}", path=out, hint="failures/ has the reasons")
    annotation = Annotation(benchmark)
    (results,) = read_tree(out, benchmark.name, annotation.inventory.present)
    return record_results(load_results(results), annotation, protocol or default_protocol(annotation.family))
