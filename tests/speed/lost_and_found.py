"""What self-assessment and re-detection bring: the figures of docs/long-term.md.

    python tests/speed/lost_and_found.py stdtrack:nano 'stdtrack:nano?redetect=true'

Two sequences are made from every left-out clip that can be used, until there are 40: the target leaves and comes back
elsewhere, in one of four smaller, in one of four beside a look-alike. Then the real targets of
accuracy_on_real_targets.py. The calibration was fitted, and the search's numbers were chosen, on clips of training; the
calibration's limits were set on these very clips, as they are and made with other seeds.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import click
import cv2
import numpy as np
import torch

from evalkit.boxes import iou_continuous
from evalkit.scoring.longterm.f_score import confidence_thresholds, f_scores, precision_recall
from evalkit.scoring.longterm.redetection import Return, redetection, returns_of
from evalkit.scoring.quality.ranking import auroc
from evalkit.trackers.base import Tracker
from evalkit.trackers.spec import load_tracker
from stdtrack.training.annotated_video import CachedFrames, Footage
from stdtrack.training.config_file import find_config, load_config
from stdtrack.training.lost_clips import made_clips
from stdtrack.training.validation import LOST, build_validation
from tests.speed.accuracy_on_real_targets import follow, found

COUNT, ROUNDS = 40, 2


@dataclass(frozen=True)
class Track:
    """One tracker on one sequence; the first frame is left out of all but ``present``.

    Attributes:
        overlap, score: (N,) IoU, 0 where the target is away, and the tracker's confidence.
        reported: (N,) it says that the target is there; without such a word it always does.
        present: (N,) it is.
    """

    overlap: np.ndarray
    score: np.ndarray
    reported: np.ndarray
    present: np.ndarray

    @property
    def returns(self) -> list[Return]:
        """The target's returns."""
        return returns_of(self.overlap, self.reported, self.present)

    @property
    def false_alarms(self) -> np.ndarray:
        """(N,) the target is away, it has been called lost since, and now it is reported."""
        away = ~self.present
        since = np.array([(away & ~self.reported)[: index + 1].any() for index in range(len(away))])
        return away & self.reported & since


def tracked(tracker: Tracker, clip: Footage) -> Track:
    """Run a tracker over a made clip, whose first frame has the target."""
    tracker.init(clip.frames.read(0), clip.boxes[0])
    answers = [tracker.update(clip.frames.read(index)) for index in range(1, len(clip))]
    boxes = np.array([clip.boxes[0], *(answer.box for answer in answers)])
    overlap = np.where(clip.visible, iou_continuous(boxes, clip.boxes), 0.0)
    reported = np.array([True, *(answer.visible is not False for answer in answers)])
    overlap[0] = 0.0  # as vot-toolkit counts an initialisation
    return Track(overlap, np.array([0.0, *(answer.score for answer in answers)]), reported, clip.visible)


def best_f(tracks: list[Track]) -> float:
    """VOT-LT's F."""
    thresholds = confidence_thresholds(np.concatenate([track.score for track in tracks]))
    curves = [precision_recall(each.overlap, each.score, int(each.present.sum()), thresholds) for each in tracks]
    scores = f_scores(curves, thresholds)
    return float(scores.f[scores.best])


def lines(tracks: list[Track]) -> dict[str, str]:
    """Figures of one tracker on the made sequences."""
    again = redetection(one for track in tracks for one in track.returns)
    absent = sum(int((~track.present).sum()) for track in tracks)
    alarms = sum(int(track.false_alarms.sum()) for track in tracks)
    reported = sum(int((track.reported & ~track.present).sum()) for track in tracks)
    lost = np.concatenate([((track.overlap < LOST) | ~track.present)[1:] for track in tracks])
    score = np.concatenate([track.score[1:] for track in tracks])
    area = auroc(lost, -score)
    return {
        "returns": str(again.returns),
        "found within 30 frames": f"{again.soon or 0.0:.3f}",
        "mean delay, frames": "none" if again.delay is None else f"{again.delay:.1f}",
        "absent frames": str(absent),
        "of them reported": f"{reported / absent:.3f}",
        "of them reported after a loss (false alarms)": f"{alarms / absent:.3f}",
        "F": f"{best_f(tracks):.3f}",
        "AUROC of lost, by the score": "none" if area is None else f"{area:.3f}",
    }


@click.command()
@click.argument("specs", nargs=-1, required=True)
@click.option("--shared", envvar="STDTRACK_SHARED", default="../shared", type=click.Path(path_type=Path, exists=True))
@click.option("--config", default="nano-cpu", show_default=True)
@click.option("--count", default=COUNT, show_default=True, type=click.IntRange(min=1), help="Made sequences.")
@click.option("--real/--no-real", default=True, help="Also the real targets, which never leave.")
def main(specs: tuple[str, ...], shared: Path, config: str, count: int, real: bool) -> None:
    """Print a line a figure, a column a tracker."""
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    os.environ["OMP_NUM_THREADS"] = "1"
    validation = build_validation(load_config(find_config(config), (f"data_root={shared}",)))
    trackers = {spec: load_tracker(spec) for spec in specs}
    tracks: dict[str, list[Track]] = {spec: [] for spec in specs}
    for clip in islice(made_clips(validation.sequences, 0, ROUNDS), count):
        kept = Footage(clip.name, CachedFrames(clip.frames), clip.boxes, clip.visible)
        for spec, tracker in trackers.items():
            tracks[spec].append(tracked(tracker, kept))
        click.echo(f"{clip.name}: " + "; ".join(shown(tracks[spec][-1]) for spec in specs), err=True)
    figures = {spec: lines(tracks[spec]) for spec in specs}
    if real:
        for spec in specs:
            areas = [follow(spec, target).auc for target in found(shared)]
            figures[spec][f"mean AUC, {len(areas)} real targets"] = f"{np.mean(areas):.4f}"
    click.echo(f"| {len(tracks[specs[0]])} made sequences | {' | '.join(specs)} |\n| :--- |{' ---: |' * len(specs)}")
    for name in figures[specs[0]]:
        click.echo(f"| {name} | {' | '.join(figures[spec][name] for spec in specs)} |")


def shown(track: Track) -> str:
    """A track in a few words."""
    delays = ["not found" if one.delay is None else f"{one.delay} frames" for one in track.returns]
    return f"{', '.join(delays)}, {int(track.false_alarms.sum())} of {int((~track.present).sum())} absent falsely"


if __name__ == "__main__":
    main()
