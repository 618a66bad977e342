"""``stdtrack export``: the network as files for other runtimes, checked against PyTorch on the spot."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stdtrack.cli.completion import TrackerText
from stdtrack.cli.messages import echo_line, example
from stdtrack.cli.options import Word

if TYPE_CHECKING:
    from evalkit.types import Box, Image
    from stdtrack.peers.online import PeerTracker
    from stdtrack.tracker import STDTracker

STEPS, PEER_STEPS = 50, 10


@click.command(epilog=example("stdtrack export stdtrack:nano --format onnx --out nano-onnx"))
@click.argument("spec", type=TrackerText(), metavar="SPEC")
@click.option("--format", "form", type=Word("onnx", "openvino", "torch-export"), required=True)
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="A folder that is made.")
@click.option("--data", type=click.Path(path_type=Path), help="Root of benchmarks whose frames the check runs on.")
def export(spec: str, form: str, out: Path, data: Path | None) -> None:
    """Write SPEC, such as stdtrack:base or hit:tiny, as an init and a step graph with explicit state.

    The files are compared with PyTorch over 50 steps (10 of a peer), each with its own state; without --data on a
    rendered scene. Exit code 1 if any output differs by more than 1e-4 (of its largest value where that is beyond 1).
    Use them by SPEC?backend=FORMAT&path=FOLDER.
    """
    from stdtrack.cli.progress import tell_remark
    from stdtrack.inference.differences import TOLERANCE, worst
    from stdtrack.inference.eager import eager_tracker

    tracker = eager_tracker(spec)
    tell_remark(spec, tracker.describe().get("note", ""))
    difference, steps = _verified(tracker, form, out, data)
    for name, value in difference.items():
        click.echo(f"{name:15s} {value:.1e}")
    most = worst(difference)
    if not most <= TOLERANCE:  # nor where it is NaN
        raise click.ClickException(f"{out} differs from PyTorch by {most:.1e} over {steps} steps")
    echo_line(f"{out}: equal to PyTorch within {most:.1e} over {steps} steps")


def _verified(
    tracker: STDTracker | PeerTracker[Any], form: str, out: Path, data: Path | None
) -> tuple[dict[str, float], int]:
    """The largest differences by name, and over how many steps."""
    from stdtrack.inference.exporting import verified_export
    from stdtrack.peers import exporting
    from stdtrack.peers.online import PeerTracker

    if isinstance(tracker, PeerTracker):
        images, box = _frames(data, PEER_STEPS)
        return exporting.verified_export(tracker, form, out, images, box), PEER_STEPS
    images, box = _frames(data, STEPS)
    return verified_export(tracker, form, out, images, box), STEPS


def _frames(data: Path | None, steps: int) -> tuple[list[Image], Box]:
    """The beginning of one sequence, and its first box: ``steps`` frames after the first."""
    import numpy as np

    if data is None:
        from evalkit.benchmarks.synthetic.film import draw
        from evalkit.benchmarks.synthetic.scenes import SCENES

        drawn = draw(SCENES[0], np.random.default_rng(0), steps + 1)
        return [image for image, _, _ in drawn], drawn[0][1]
    from profiling.latency.clips import choose_clips, open_clip

    clip = open_clip(choose_clips(data, steps + 1)[0])
    return [clip.frames.read(index) for index in range(steps + 1)], clip.boxes[0]
