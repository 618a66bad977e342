"""``stdtrack merge``: one folder of results out of many."""

from __future__ import annotations

from pathlib import Path

import click

from stdtrack.cli.messages import echo_line, example


@click.command(epilog=example("stdtrack merge runs-1 runs-2 --out runs"))
@click.argument("parts", nargs=-1, required=True, metavar="RUNS...", type=click.Path(path_type=Path))
@click.option("--out", "-o", type=click.Path(path_type=Path), required=True, help="Folder of the joined results.")
def merge(parts: tuple[Path, ...], out: Path) -> None:
    """Join the results that `stdtrack run --shard` wrote into several folders."""
    from evalkit.running.merging import merge as merge_all

    for (tracker, benchmark), count in merge_all(parts, out).items():
        echo_line(f"{tracker} on {benchmark}: {count} sequences")
