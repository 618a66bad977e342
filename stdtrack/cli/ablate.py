"""``stdtrack ablate``: the network without each of its parts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from stdtrack.cli.messages import echo_line, example

if TYPE_CHECKING:
    from stdtrack.training.ablation import Outcome

TRAINING_ONLY = ("overrides", "seeds", "jobs")
WITHOUT_TRAINING = ("spec", "weights", "data", "repeats", "threads")


@click.command(epilog=example("stdtrack ablate stdtrack:nano --repeats 20"))
@click.argument("spec", default="stdtrack:base")
@click.option(
    "--weights",
    type=click.Path(path_type=Path),
    help="A folder with full.safetensors, no-STM.safetensors..., or that --train wrote.",
)
@click.option(
    "--data", type=click.Path(path_type=Path), help="Root of benchmarks: rows with weights are tried on them."
)
@click.option("--repeats", type=click.IntRange(min=1), default=50, show_default=True, help="Timed steps a row.")
@click.option("--threads", type=click.IntRange(min=1), default=2, show_default=True)
@click.option(
    "--train", "config", metavar="CONFIG", help="Train every row as this config says, and report AUC instead."
)
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Change a setting of that config.")
@click.option("--seeds", type=click.IntRange(min=1), default=3, show_default=True, help="Trained runs a row.")
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True, help="Runs trained at a time.")
@click.pass_context
def ablate(
    context: click.Context,
    spec: str,
    weights: Path | None,
    data: Path | None,
    repeats: int,
    threads: int,
    config: str | None,
    overrides: tuple[str, ...],
    seeds: int,
    jobs: int,
) -> None:
    """Parameters, MACs, latency on the CPU, and accuracy where weights exist, of SPEC without each of its parts.

    SPEC is a variant, such as base or stdtrack:base.

    MACs and latency are of one step, batch 1, folded, the template's part cached; rows are timed in turns. With --train
    every row, and sparse sampling, is trained for the config's budget and judged by its left-out sequences; each is
    compared with the full network, paired over scenes, each scene's figure a mean over seeds.
    """
    _refuse(context, WITHOUT_TRAINING if config else TRAINING_ONLY, "does not go with" if config else "needs")
    if config is not None:
        return _train(config, overrides, seeds, jobs)
    import torch

    from profiling.latency.clips import choose_clips, open_clip
    from stdtrack.ablation import ablation_rows

    torch.set_num_threads(threads)
    clips = () if data is None else tuple(open_clip(name) for name in choose_clips(data, 2))
    variant = spec.removeprefix("stdtrack:")
    rows = ablation_rows(variant, repeats, weights, clips)
    click.echo(f"{variant:20s} {'params M':>9s} {'GMACs':>7s} {'ms/step':>8s} {'mean IoU':>9s}")
    for row in rows:
        overlap = "untrained" if row.weights is None else "-" if row.overlap is None else f"{row.overlap:.3f}"
        figures = f"{row.parameters / 1e6:9.2f} {row.macs / 1e9:7.3f} {row.milliseconds:8.2f} {overlap:>9s}"
        click.echo(f"{row.name:20s} {figures}")
    echo_line(f"eager fp32, {threads} threads, median of {repeats} steps")


def _refuse(context: click.Context, names: tuple[str, ...], why: str) -> None:
    """Exit with code 2 when one of these parameters was given: it would be ignored."""
    for parameter in context.command.params:
        if parameter.name in names and context.get_parameter_source(parameter.name) is not ParameterSource.DEFAULT:
            raise click.UsageError(f"{parameter.get_error_hint(context)} {why} --train", context)


def _train(config: str, overrides: tuple[str, ...], seeds: int, jobs: int) -> None:
    """Train and judge every row; as soon as one is known its line, and its difference from the first, on stdout."""
    from stdtrack.cli.validate import difference
    from stdtrack.training.ablation import row_names, run_ablation
    from stdtrack.training.config_file import find_config, load_config

    training = load_config(find_config(config), overrides)
    rows, numbers = row_names(training), range(1, seeds + 1)
    outcomes = run_ablation(training, rows, numbers, lambda event: echo_line(str(event)), jobs=jobs)
    click.echo(f"{'row':20s} {'mean AUC':>9s} {'std':>6s}  each seed")
    first: Outcome | None = None
    for outcome in outcomes:
        each = " ".join(f"{auc:.4f}" for auc in outcome.auc)
        click.echo(f"{outcome.name:20s} {outcome.mean:9.4f} {outcome.spread:6.4f}  {each}")
        if first is None:
            first = outcome
        else:
            click.echo(f"  {difference(outcome.scenes, first.scenes)}")
