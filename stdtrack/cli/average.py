"""``stdtrack average``: one network from several seeds' weights."""

from __future__ import annotations

from pathlib import Path

import click

from stdtrack.cli.messages import example

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(epilog=example("stdtrack average seed1.safetensors seed2.safetensors --out mean.safetensors"))
@click.argument("weights", type=FILE, nargs=-1, required=True)
@click.option("-o", "--out", type=FILE, required=True, help="Write the mean here.")
def average(weights: tuple[Path, ...], out: Path) -> None:
    """Write the mean of WEIGHTS, safetensors files of one network that have a stage of training in common.

    Seeds of a last stage all start from the same weights (--set init=FILE); their mean is often better than each.
    Whether it is, `stdtrack validate` says.
    """
    from stdtrack.checkpoints import mean_model, save_model

    save_model(out, mean_model(weights), {"mean_of": ", ".join(path.name for path in weights)})
    click.echo(str(out))
