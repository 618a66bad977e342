"""How far boxes of other backends, precisions and compressed networks are from a tracker's own.

``python -m tests.speed.box_agreement ORIGINAL SPEC ... --data ROOT``: the mean IoU of each one's boxes with ORIGINAL's
over the frames of at most ten clips under ROOT, each frame from ORIGINAL's state and search window, and the mean AUC of
each tracker left to itself. All specs are of one network, whose weights must be trained: a score map without a peak
tells nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from evalkit.errors import InputError
from evalkit.trackers.base import Tracker
from evalkit.trackers.spec import load_tracker
from profiling.latency.clips import Clip, choose_clips, open_clip
from stdtrack.compression.agreement import mean_agreement, mean_auc

SHORTEST = 20
"""Frames of a clip."""


def table(trackers: Sequence[tuple[str, Tracker]], clips: Sequence[Clip]) -> list[str]:
    """In Markdown: a row for each tracker, the original first."""
    original = trackers[0][1]
    lines = ["| tracker | mean IoU with the first | AUC |", "| :--- | ---: | ---: |"]
    for spec, tracker in trackers:
        agreement = mean_agreement(original, tracker, clips) if tracker is not original else 1.0
        lines.append(f"| `{spec}` | {agreement:.4f} | {mean_auc(tracker, clips):.4f} |")
    return lines


@click.command(help=__doc__)
@click.argument("original")
@click.argument("others", nargs=-1, required=True)
@click.option("--data", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True)
def main(original: str, others: tuple[str, ...], data: Path) -> None:
    clips = [open_clip(name) for name in choose_clips(data, SHORTEST)]
    trackers = [(spec, load_tracker(spec)) for spec in (original, *others)]
    if len({type(tracker) for _, tracker in trackers}) > 1:
        raise InputError("the specs are of different kinds of tracker")
    for line in table(trackers, clips):
        click.echo(line)
    click.echo(f"\n{len(clips)} clips, {sum(len(clip.frames) - 1 for clip in clips)} frames after the first")


if __name__ == "__main__":
    main()
