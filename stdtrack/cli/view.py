"""``stdtrack view``: results as recordings for a viewer."""

from __future__ import annotations

from pathlib import Path

import click

from stdtrack.cli.messages import echo_line, example
from stdtrack.cli.options import comma_list, data_options
from stdtrack.cli.results import tell


@click.command(epilog=example("stdtrack view runs --on otb100 --data /data --rerun recordings"))
@click.argument("results", metavar="RUNS", type=click.Path(path_type=Path))
@comma_list("--on", "benchmarks", required=True, metavar="BENCHMARK[,...]", help="Benchmarks, such as otb100.")
@data_options
@comma_list("--sequences", metavar="GLOB[,...]", help="Only sequences with such names.")
@click.option("--rerun", type=click.Path(path_type=Path), required=True, help="Folder of the .rrd files to write.")
def view(
    results: Path, benchmarks: tuple[str, ...], data: Path | None, annotations: Path | None,
    sequences: tuple[str, ...], rerun: Path,
) -> None:  # fmt: skip
    """Write the results in RUNS for Rerun's viewer: frames, boxes, IoU and confidence, a recording a sequence.

    `rerun FOLDER/*.rrd` opens them. Needs the extra `rerun`.
    """
    from evalkit.shown import counted
    from stdtrack.api.viewing import view as write

    written = write(
        results, rerun=rerun, on=benchmarks, data=data, annotations=annotations, sequences=sequences, tell=tell
    )
    echo_line(f"{counted(len(written.files), 'recording')} in {rerun}")
