"""``stdtrack stress``: is a tracker's class fit for real videos? A minute before the real run."""

from __future__ import annotations

import sys

import click

from evalkit.robustness.columns import STRESS_FRAMES
from stdtrack.cli.completion import TrackerText
from stdtrack.cli.main import EXIT_CHECK_FAILED
from stdtrack.cli.messages import echo_line, example
from stdtrack.cli.options import Positive, find_own_modules


@click.command(epilog=example("stdtrack stress my_tracker:make"))
@click.argument("tracker", type=TrackerText(), metavar="TRACKER")
@click.option("--frames", type=click.IntRange(2), default=STRESS_FRAMES, show_default=True, help="Of the leak test.")
@click.option("--timeout", type=Positive(), default=60.0, show_default=True, help="Seconds a frame may take.")
def stress(tracker: str, frames: int, timeout: float) -> None:
    """Put TRACKER to what real videos hold: empty frames, odd boxes, other sizes, restarts, 10,000 frames.

    Exit code 1 if it failed in what a run needs; what no run needs, such as grey frames, is noted alone.
    """
    find_own_modules((tracker,))
    from evalkit.robustness.stress import FAILED, Verdict, stress

    def tell(verdict: Verdict) -> None:
        echo_line(f"{verdict.verdict:7}{verdict.test:34}{verdict.detail}".rstrip())

    verdicts = stress(tracker, frames=frames, timeout=timeout, tell=tell)
    failed = sum(verdict.verdict == FAILED for verdict in verdicts)
    echo_line(f"{failed} of {len(verdicts)} failed" if failed else f"fit for a run: {len(verdicts)} tests")
    if failed:
        sys.exit(EXIT_CHECK_FAILED)
