"""``stdtrack compress``: a smaller, faster tracker made of a given one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stdtrack.cli.messages import echo_line, example
from stdtrack.cli.options import Positive, comma_list

if TYPE_CHECKING:
    from reports.tables import Table


@click.command(epilog=example("stdtrack compress stdtrack:nano --int8 --data /data -o nano8"))
@click.argument("spec")
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="A folder that is made.")
@click.option("--int8", is_flag=True, help="Eight bits: static, one scale a channel, ranges from tracked frames.")
@click.option("--agreement", type=click.FloatRange(0, 1, min_open=True), default=0.97, show_default=True,
              help="Mean IoU with the float boxes that int8 should keep; sensitive layers stay in float.")  # fmt: skip
@click.option("--prune", type=click.FloatRange(0, 1, max_open=True), default=0.0, metavar="SHARE",
              help="Remove this share of a frame's MACs: channels, heads, hidden units that cost least.")  # fmt: skip
@click.option("--prune-blocks", type=click.IntRange(0), default=0, metavar="N", help="Leave N whole blocks out first.")
@click.option("--exit", "exit_after", type=click.IntRange(0), default=0, metavar="N",
              help="Let easy frames end after N blocks, by an exit that --finetune trains.")  # fmt: skip
@click.option("--exit-loss", type=click.FloatRange(0, 1), default=0.02, show_default=True,
              help="Mean of 1 - IoU with the full network's boxes that early ends may cost.")  # fmt: skip
@click.option("--finetune", default="", metavar="CONFIG",
              help="Train the pruned network, or the exit, by CONFIG, the whole one as its teacher.")  # fmt: skip
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Change one setting of CONFIG.")
@click.option("--inputs", type=click.Path(path_type=Path), metavar="FILE",
              help="Of an ONNX file without adapter: .npz or .npy, samples along the first axis.")  # fmt: skip
@click.option("--data", type=click.Path(path_type=Path), help="Root of benchmarks; rendered scenes without. "
              "[STDTRACK_DATA]")  # fmt: skip
@comma_list("--on", "benchmarks", metavar="BENCHMARK[,...]", help="Only these benchmarks under the root.")
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="While it is timed.")
@click.option("--min-time", type=Positive(), default=10.0, show_default=True,
              help="Seconds measured of each tracker.")  # fmt: skip
def compress(
    spec: str, out: Path, int8: bool, agreement: float, prune: float, prune_blocks: int,
    exit_after: int, exit_loss: float, finetune: str, overrides: tuple[str, ...],
    inputs: Path | None, data: Path | None, benchmarks: tuple[str, ...], threads: int, min_time: float,
) -> None:  # fmt: skip
    """Make SPEC smaller and faster, and write a card of what that costs: size, MACs, latency, accuracy, agreement.

    SPEC is stdtrack:NAME, a published network that is built here (hit:tiny), ONNX files behind an adapter
    (onnx:nanotrack_v2?weights=DIR), or any ONNX file, with --int8 and --inputs.
    The last line is the spec of the result.
    """
    import stdtrack

    made = stdtrack.compress(
        spec, out=out, int8=int8, agreement=agreement, prune=prune, prune_blocks=prune_blocks,
        exit_after=exit_after, exit_loss=exit_loss, finetune=finetune, overrides=overrides,
        inputs=inputs, data=data, on=benchmarks, threads=threads, min_time=min_time, tell=echo_line,
    )  # fmt: skip
    _show(made.card.table())
    echo_line(f"card: {out / 'card.md'}")
    click.echo(made.spec)


def _show(table: Table) -> None:
    from rich.console import Console

    from reports.terminal import print_table

    print_table(table, Console(stderr=True))
