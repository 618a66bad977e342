"""``stdtrack calibrate``: fit the self-assessment of trained weights."""

from __future__ import annotations

from pathlib import Path

import click

from stdtrack.cli.messages import echo_line, example

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(epilog=example("stdtrack calibrate nano-cpu nano.safetensors"))
@click.argument("config")
@click.argument("weights", type=FILE)
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Change one setting of CONFIG.")
@click.option("-o", "--out", type=FILE, help="Write the weights with the calibration here, not into WEIGHTS.")
def calibrate(config: str, weights: Path, overrides: tuple[str, ...], out: Path | None) -> None:
    """Fit how WEIGHTS tell that a target is lost, on the sequences that CONFIG trains on, and clips made from them.

    How well they tell it is measured on the sequences that it leaves out of training. The numbers go into the metadata
    of the safetensors file; no weight changes. Trackers with them say whether the target is visible, and can search for
    it (?redetect=true). It has to be done again for other weights, or after `stdtrack tune`.
    """
    from stdtrack.assessment import FACT, as_text
    from stdtrack.checkpoints import load_facts, load_model, save_model
    from stdtrack.training.calibration import calibrate as fitted
    from stdtrack.training.config_file import find_config, load_config
    from stdtrack.training.sources import trained_footage
    from stdtrack.training.validation import build_validation

    model, facts = load_model(weights), load_facts(weights)
    training = load_config(find_config(config), overrides)
    calibration = fitted(model, trained_footage(training), build_validation(training))
    for name, value in calibration.data.items():
        click.echo(f"{name}: {value}")
    save_model(out or weights, model, {**facts, FACT: as_text(calibration)})
    echo_line(f"written: {out or weights}")
