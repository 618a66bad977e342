"""``stdtrack validate``: trackers and checkpoints side by side on the sequences left out of training."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalkit.running.heartbeat import FRAME_TIMEOUT
from stdtrack.cli.messages import example
from stdtrack.cli.options import Positive

if TYPE_CHECKING:
    from evalkit.trackers.base import Tracker
    from stdtrack.training.validation import ValidationScore


@click.command(epilog=example("stdtrack validate nano-cpu stdtrack:nano opencv:csrt"))
@click.argument("config")
@click.argument("trackers", nargs=-1, required=True)
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Change one setting of CONFIG.")
@click.option("--timeout", type=Positive(), default=FRAME_TIMEOUT, show_default=True,
              help="Seconds a process: or trax: tracker may take to answer.")  # fmt: skip
def validate(config: str, trackers: tuple[str, ...], overrides: tuple[str, ...], timeout: float) -> None:
    """Track the sequences that CONFIG leaves out of training with TRACKERS, and compare each with the first.

    A tracker is a spec as for `stdtrack run`, or a safetensors file of weights. Figures are means over scenes, with
    their standard error; differences are paired over scenes, with a 95 % bootstrap interval and Wilcoxon's p.
    """
    from stdtrack.training.config_file import find_config, load_config
    from stdtrack.training.validation import build_validation

    validation = build_validation(load_config(find_config(config), overrides))
    first: ValidationScore | None = None
    for spec in trackers:
        score = validation.judge(_maker(spec, timeout))
        click.echo(f"{spec}: {score}")
        if first is None:
            first = score
        else:
            click.echo(f"  {difference(score.scenes, first.scenes)}")


def difference(scenes: Mapping[str, float], first: Mapping[str, float]) -> str:
    """A line that says how the AUC of every scene differs from the first tracker's on the same scenes."""
    import numpy as np

    from evalkit.scoring.statistics import compare_paired

    pair = compare_paired(*(np.array([of[scene] for scene in first]) for of in (scenes, first)))
    claim = "" if pair.claimed else ": no difference can be claimed"
    return (
        f"{pair.difference:+.4f} beside the first ({pair.low:+.4f} to {pair.high:+.4f}, p {pair.p_value:.3f}; "
        f"better on {pair.gained}, worse on {pair.lost} of {pair.sequences} scenes){claim}"
    )


def _maker(spec: str, timeout: float) -> Callable[[], Tracker]:
    """What makes a new tracker for every track; networks are loaded once."""
    from evalkit.trackers.base import wait_at_most
    from evalkit.trackers.spec import load_tracker
    from stdtrack.tracker import STDTracker

    if spec.endswith(".safetensors") and "?" not in spec:
        loaded = STDTracker.load(Path(spec))
        return lambda: loaded
    tracker = load_tracker(spec)
    wait_at_most(tracker, timeout)
    return lambda: tracker
