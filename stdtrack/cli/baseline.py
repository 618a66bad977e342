"""``stdtrack baseline``: keep the scores of a run, for ``stdtrack check`` to compare with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stdtrack import __version__
from stdtrack.cli.messages import echo_line
from stdtrack.cli.options import comma_list, data_options, protocol_option
from stdtrack.cli.results import chosen_benchmarks, exit_if_refused, tell_refused

if TYPE_CHECKING:
    from evalkit.regression.file import Record
    from evalkit.scoring.evaluate import Refused


@click.command()
@click.argument("results", metavar="RUNS", type=click.Path(path_type=Path))
@click.option("--out", "-o", type=click.Path(path_type=Path, dir_okay=False), required=True, help="File to write.")
@comma_list("--on", "benchmarks", metavar="BENCHMARK[,...]", help="Only these benchmarks. [default: all in RUNS]")
@data_options
@protocol_option("Rules. [default: the benchmark's own]")
def baseline(
    results: Path, out: Path, benchmarks: tuple[str, ...], data: Path | None, annotations: Path | None,
    protocols: tuple[str, ...],
) -> None:  # fmt: skip
    """Write what a later run is compared with: scores of all sequences, curves, and fingerprints."""
    from evalkit.regression.file import Baseline, write_baseline
    from stdtrack.cli.baseline_records import benchmarks_present, record_benchmark

    records: list[Record] = []
    refused: list[Refused] = []
    for benchmark in chosen_benchmarks(benchmarks) or benchmarks_present(results):
        found, unscored = record_benchmark(results, benchmark, data, annotations, lambda *_: protocols)
        records += found
        refused += unscored
    tell_refused(refused, records)
    write_baseline(Baseline((), __version__).updated(tuple(records)), out)
    echo_line(f"{len(records)} records in {out}")
    exit_if_refused(refused)
