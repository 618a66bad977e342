"""Accuracy of trackers on the real targets under ``STDTRACK_SHARED``/benchmarks: the figures of the model card.

    python tests/speed/accuracy_on_real_targets.py stdtrack:nano opencv:csrt

One pass from each sequence's first box. A target's figure is the area under OTB's success curve (21 thresholds) over
the annotated frames after the first, whatever benchmark it comes from; SR0.75 is the share of them whose IoU exceeds
0.75, a mean over targets; Spearman's correlation of reported score and
true IoU is over the frames of all targets, where a tracker reports a score.
"""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import click
import cv2
import numpy as np
from scipy.stats import spearmanr

from evalkit.benchmarks.registry import open_benchmark
from evalkit.trackers.spec import load_tracker
from stdtrack.training.annotated_video import from_sequence
from stdtrack.training.validation import SequenceOutcome, track_footage

FOLDERS = {
    "otb100": "OTB100",
    "dtb70": "DTB70",
    "uav123_10fps": "UAV123_10fps",
    "vot2015": "VOT2015",
    "got10k?split=train": "GOT-10k",
}


@dataclass(frozen=True)
class Target:
    """One sequence of one benchmark."""

    benchmark: str
    name: str
    root: Path


def found(shared: Path) -> list[Target]:
    """Every sequence that is there."""
    return [
        Target(benchmark, name, shared / "benchmarks" / folder)
        for benchmark, folder in FOLDERS.items()
        for name in open_benchmark(benchmark, data=shared / "benchmarks" / folder).inventory().present
    ]


def follow(spec: str, target: Target) -> SequenceOutcome:
    """Run one tracker over one target, with one thread."""
    cv2.setNumThreads(1)
    sequence = open_benchmark(target.benchmark, data=target.root).sequence(target.name)
    return track_footage(load_tracker(spec), from_sequence(sequence, cache=False), 0)


def correlation(tracks: list[SequenceOutcome]) -> float:
    """Spearman's, of reported score and IoU; NaN where no score is reported."""
    score, iou = (np.concatenate([getattr(track, name) for track in tracks]) for name in ("score", "iou"))
    known = np.isfinite(score)
    return float(spearmanr(score[known], iou[known]).statistic) if np.unique(score[known]).size > 1 else float("nan")


@click.command()
@click.argument("specs", nargs=-1, required=True)
@click.option("--shared", envvar="STDTRACK_SHARED", default="../shared", type=click.Path(path_type=Path, exists=True))
@click.option("--jobs", default=os.cpu_count(), type=click.IntRange(min=1))
def main(specs: tuple[str, ...], shared: Path, jobs: int) -> None:
    """Print a table in Markdown: a line a target, a column a tracker."""
    targets = found(shared)
    os.environ["OMP_NUM_THREADS"] = "1"
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as executor:
        futures = {spec: [executor.submit(follow, spec, target) for target in targets] for spec in specs}
        tracks = {spec: [future.result() for future in row] for spec, row in futures.items()}
    click.echo(f"| target | {' | '.join(specs)} |\n| :--- |{' ---: |' * len(specs)}")
    for index, target in enumerate(targets):
        figures = " | ".join(f"{tracks[spec][index].auc:.3f}" for spec in specs)
        click.echo(f"| {target.benchmark} {target.name} | {figures} |")
    means = " | ".join(f"{np.mean([track.auc for track in tracks[spec]]):.4f}" for spec in specs)
    click.echo(f"| **mean of {len(targets)}** | {means} |")
    precise = " | ".join(f"{np.mean([(track.iou > 0.75).mean() for track in tracks[spec]]):.4f}" for spec in specs)
    click.echo(f"| mean SR0.75 | {precise} |")
    click.echo(f"| Spearman(score, IoU) | {' | '.join(f'{correlation(tracks[spec]):.3f}' for spec in specs)} |")


if __name__ == "__main__":
    main()
