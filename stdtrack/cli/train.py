"""``stdtrack train``: train a network as a config says."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--resume", is_flag=True, help="Go on from the newest checkpoint in the run's folder, if there is one.")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Change one setting: optim.ema=0.99")
def train(config: Path, resume: bool, overrides: tuple[str, ...]) -> None:
    """Train as CONFIG says: a TOML file, or the name of a shipped one (nano-cpu, base-gpu)."""
    from stdtrack.training.config_file import load_config, shipped_config
    from stdtrack.training.run import run_training

    path = config if config.suffix == ".toml" else shipped_config(str(config))
    best = run_training(load_config(path, overrides), resume=resume, say=lambda text: click.echo(text, err=True))
    if best is not None:
        click.echo(str(best))
