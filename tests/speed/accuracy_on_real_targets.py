"""Accuracy of trackers on the real targets under ``STDTRACK_SHARED``/benchmarks: the figures of the model card.

    python tests/speed/accuracy_on_real_targets.py stdtrack:nano opencv:csrt --out docs/figures/real_targets.json

One pass from each sequence's first box. A target's figure is the area under OTB's success curve (21 thresholds) over
the annotated frames after the first, whatever benchmark it comes from; SR0.75 is the share of them whose IoU exceeds
0.75, a mean over targets; Spearman's correlation of reported score and
true IoU is over the frames of all targets, where a tracker reports a score. ``--out`` keeps the figures for the docs.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np
from scipy.stats import spearmanr

from evalkit.benchmarks.registry import open_benchmark
from evalkit.scoring.frames import success_counts
from evalkit.scoring.rules import Grid
from evalkit.trackers.spec import load_tracker
from stdtrack.training.annotated_video import from_sequence
from stdtrack.training.validation import SequenceOutcome, track_footage
from tests.speed.figures_file import identity, renew, shown_spec

FOLDERS = {
    "otb100": "OTB100",
    "dtb70": "DTB70",
    "uav123_10fps": "UAV123_10fps",
    "vot2015": "VOT2015",
    "got10k?split=train": "GOT-10k",
}
TITLES = dict(zip(FOLDERS, ("OTB100", "DTB70", "UAV123_10fps", "VOT2015", "GOT-10k train"), strict=True))


@dataclass(frozen=True)
class Target:
    """One sequence of one benchmark."""

    benchmark: str
    name: str
    root: Path

    def __str__(self) -> str:
        return f"{TITLES[self.benchmark]} {self.name.removeprefix('GOT-10k_Train_').partition('_S3')[0]}"


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


def correlation(tracks: list[SequenceOutcome]) -> float | None:
    """Spearman's, of reported score and IoU; None where no score is reported."""
    score, iou = (np.concatenate([getattr(track, name) for track in tracks]) for name in ("score", "iou"))
    known = np.isfinite(score)
    return float(spearmanr(score[known], iou[known]).statistic) if np.unique(score[known]).size > 1 else None


def figures_of(targets: list[Target], tracks: list[SequenceOutcome]) -> dict[str, Any]:
    """A tracker's AUC on each target, its mean success curve (21 thresholds) and other means over targets."""
    steps = Grid.TWENTIETHS.thresholds
    curves = [success_counts(track.iou, steps) / len(track.iou) for track in tracks]
    return {
        "auc": {str(target): track.auc for target, track in zip(targets, tracks, strict=True)},
        "mean": float(np.mean([track.auc for track in tracks])),
        "sr75": float(np.mean([(track.iou > 0.75).mean() for track in tracks])),
        "spearman": correlation(tracks),
        "success": np.mean(curves, axis=0).tolist(),
    }


def table(figures: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Lines of Markdown: a line a target, a column a tracker."""
    columns = list(figures.values())
    targets = list(columns[0]["auc"])
    yield f"| target | {' | '.join(figures)} |"
    yield f"| :--- |{' ---: |' * len(figures)}"
    for target in targets:
        yield f"| {target} | {' | '.join(format(each['auc'][target], '.3f') for each in columns)} |"
    rows = {f"**mean of {len(targets)}**": "mean", "mean SR0.75": "sr75", "Spearman(score, IoU)": "spearman"}
    for title, name in rows.items():
        yield f"| {title} | {' | '.join('' if each[name] is None else format(each[name], '.3f') for each in columns)} |"


@click.command()
@click.argument("specs", nargs=-1, required=True)
@click.option("--shared", envvar="STDTRACK_SHARED", default="../shared", type=click.Path(path_type=Path, exists=True))
@click.option("--jobs", default=os.cpu_count(), type=click.IntRange(min=1))
@click.option("--out", type=click.Path(path_type=Path), help="File that keeps the figures, those of others too.")
def main(specs: tuple[str, ...], shared: Path, jobs: int, out: Path | None) -> None:
    """Print a table in Markdown: a line a target, a column a tracker."""
    targets, made_by = found(shared), {spec: identity(spec) for spec in specs}
    os.environ["OMP_NUM_THREADS"] = "1"
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as executor:
        futures = {spec: [executor.submit(follow, spec, target) for target in targets] for spec in specs}
        tracks = {spec: [future.result() for future in row] for spec, row in futures.items()}
    figures = {spec: figures_of(targets, row) for spec, row in tracks.items()}
    if out is not None:
        named = {shown_spec(spec): {"made_by": made_by[spec], **figures[spec]} for spec in specs}
        renew(out, {"targets": [str(target) for target in targets]}, named)
    click.echo("\n".join(table({shown_spec(spec): each for spec, each in figures.items()})))


if __name__ == "__main__":
    main()
