"""``stdtrack tune``: choose what tracking adds to trained weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from stdtrack.cli.messages import echo_line, example
from stdtrack.cli.options import Word

SHARE = click.FloatRange(0, 1)


@click.command(
    epilog=example("stdtrack tune nano-cpu nano.safetensors --window 0.4 --window 0.5 --out tuned.safetensors")
)
@click.argument("config")
@click.argument("weights", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Change one setting of CONFIG.")
@click.option("--window", "window_influence", type=SHARE, multiple=True, help="Weight of the Hann window.")
@click.option("--smoothing", "size_smoothing", type=SHARE, multiple=True, help="Share of the old size that is kept.")
@click.option("--lost", "lost_quality", type=SHARE, multiple=True, help="Quality below which the window stays.")
@click.option("--admission", type=SHARE, multiple=True, help="Least quality of a token that is stored.")
@click.option("--memory", type=Word("quality", "fifo", "none"), multiple=True, help="Rule of the STM.")
@click.option("-o", "--out", type=click.Path(path_type=Path, dir_okay=False), help="Write WEIGHTS with the best here.")
def tune(config: str, weights: Path, overrides: tuple[str, ...], out: Path | None, **values: Any) -> None:
    """Track the sequences that CONFIG leaves out of training, with every combination of the values given.

    Options may be repeated: --window 0.5 --window 0.8. WEIGHTS is a safetensors file; one that is left out keeps what
    it was saved with. A line each, the best last.
    """
    from stdtrack.assessment import FACT
    from stdtrack.checkpoints import load_facts, load_model, save_model
    from stdtrack.training.config_file import find_config, load_config
    from stdtrack.training.tuning import Grid, try_settings, with_config
    from stdtrack.training.validation import build_validation

    model = load_model(weights)
    validation = build_validation(load_config(find_config(config), overrides))
    click.echo(f"{'window':>7s} {'smooth':>7s} {'lost':>6s} {'admit':>6s} {'memory':>8s} {'AUC':>7s} {'Spearman':>9s}")
    trials = []
    for trial in try_settings(model, validation, Grid(**values)):
        trials.append(trial)
        click.echo(trial)
    best = max(trials, key=lambda trial: trial.score.auc)
    click.echo(best)
    if out is not None:
        facts = {key: fact for key, fact in load_facts(weights).items() if key != FACT}  # made with other settings
        save_model(out, with_config(model, best.config), facts)
        echo_line(f"written: {out}")
