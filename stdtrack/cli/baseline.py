"""``stdtrack baseline``: keep the scores of a run, for ``stdtrack check`` to compare with."""

from __future__ import annotations

from pathlib import Path

import click

from stdtrack.cli.bars import late_bar
from stdtrack.cli.messages import echo_line, example
from stdtrack.cli.options import benchmark_option, data_options, protocol_option
from stdtrack.cli.results import exit_if_refused, tell


@click.command(epilog=example("stdtrack baseline runs --on otb100 --out baseline.json"))
@click.argument("results", metavar="RUNS", type=click.Path(path_type=Path))
@click.option("--out", "-o", type=click.Path(path_type=Path, dir_okay=False), required=True, help="File to write.")
@benchmark_option("Only these benchmarks. [default: all in RUNS]")
@data_options
@protocol_option("Rules. [default: the benchmark's own]")
def baseline(
    results: Path, out: Path, benchmarks: tuple[str, ...], data: Path | None, annotations: Path | None,
    protocols: tuple[str, ...],
) -> None:  # fmt: skip
    """Write what a later run is compared with: scores of all sequences, curves, and fingerprints."""
    from evalkit.regression.front import baseline as keep

    with late_bar():
        kept = keep(results, out=out, on=benchmarks, data=data, annotations=annotations, protocols=protocols, tell=tell)
    echo_line(f"{len(kept.baseline.records)} records in {out}")
    exit_if_refused(kept.refused)
