"""``stdtrack train``: train a network as a config says."""

from __future__ import annotations

import click


@click.command()
@click.argument("config")
@click.option("--resume", is_flag=True, help="Go on from the newest checkpoint in the run's folder, if there is one.")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Change one setting: optim.ema=0.99")
def train(config: str, resume: bool, overrides: tuple[str, ...]) -> None:
    """Train as CONFIG says: a TOML file, or the name of a shipped one (nano-cpu, base-gpu)."""
    from stdtrack.training.config_file import find_config, load_config
    from stdtrack.training.run import run_training

    best = run_training(
        load_config(find_config(config), overrides), resume=resume, say=lambda text: click.echo(text, err=True)
    )
    if best is not None:
        click.echo(str(best))
