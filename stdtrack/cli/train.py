"""``stdtrack train``: train a network as a config says."""

from __future__ import annotations

import click

from stdtrack.cli.messages import example
from stdtrack.cli.options import log_option


@click.command(epilog=example("stdtrack train nano-cpu --set run.seed=1"))
@click.argument("config")
@click.option("--resume", is_flag=True, help="Go on from the newest checkpoint in the run's folder, if there is one.")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Change one setting: optim.ema=0.99")
@log_option
def train(config: str, resume: bool, overrides: tuple[str, ...], log: tuple[str, ...]) -> None:
    """Train as CONFIG says: a TOML file, or the name of a shipped one (nano-cpu, base-gpu)."""
    from stdtrack.cli.train_progress import training_progress
    from stdtrack.training.config_file import find_config, load_config
    from stdtrack.training.run import run_training

    settings = load_config(find_config(config), overrides)
    with training_progress() as tell:
        best = run_training(settings, resume=resume, tell=tell, log=log)
    if best is not None:
        click.echo(str(best))
