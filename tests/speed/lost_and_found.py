"""What self-assessment and re-detection bring and cost: all figures of docs/long-term.md, by one command.

    python tests/speed/lost_and_found.py --shared ../shared

Two sequences are made from every left-out clip that can be used, until there are 40: the target leaves and comes back
elsewhere, in one of four smaller, in one of four beside a look-alike. Then the real targets of
accuracy_on_real_targets.py. The calibration was fitted, and the search's numbers were chosen, on clips of training; the
calibration's limits were set on these very clips, as they are and made with other seeds.

A frame is *lost* for the clock where the tracker says so, or said so in the frame before. What re-detection costs while
the target is there is the ratio of two trackers' frames until it leaves, taken in turn, a ratio of medians a sequence.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from time import perf_counter

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
from stdtrack.assessment import FACT, from_text
from stdtrack.checkpoints import load_facts, shipped_weights
from stdtrack.training.annotated_video import CachedFrames, Footage
from stdtrack.training.config_file import find_config, load_config
from stdtrack.training.lost_clips import made_clips
from stdtrack.training.validation import LOST, build_validation
from tests.speed.accuracy_on_real_targets import follow, found

COUNT, ROUNDS = 40, 2
PLAIN, SEARCHING = "stdtrack:nano", "stdtrack:nano?redetect=true"


@dataclass(frozen=True)
class Track:
    """One tracker on one sequence; the first frame is left out of all but ``present``.

    Attributes:
        overlap, score: (N,) IoU, 0 where the target is away, and the tracker's confidence.
        reported: (N,) it says that the target is there; without such a word it always does.
        present: (N,) it is.
        seconds: (N,) that the frame took.
    """

    overlap: np.ndarray
    score: np.ndarray
    reported: np.ndarray
    present: np.ndarray
    seconds: np.ndarray

    @property
    def lost(self) -> np.ndarray:
        """(N,) the tracker says that it has lost the target, or said so in the frame before: it searched."""
        gone = ~self.reported
        return np.logical_or(gone, np.concatenate(([False], gone[:-1])))

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
    answers, seconds = [], np.zeros(len(clip))
    for index in range(1, len(clip)):
        image = clip.frames.read(index)
        start = perf_counter()
        answers.append(tracker.update(image))
        seconds[index] = perf_counter() - start
    boxes = np.array([clip.boxes[0], *(answer.box for answer in answers)])
    overlap = np.where(clip.visible, iou_continuous(boxes, clip.boxes), 0.0)
    reported = np.array([True, *(answer.visible is not False for answer in answers)])
    overlap[0] = 0.0  # as vot-toolkit counts an initialisation
    return Track(overlap, np.array([0.0, *(answer.score for answer in answers)]), reported, clip.visible, seconds)


def cost_while_present(pair: tuple[Tracker, Tracker], clip: Footage) -> float:
    """The second tracker's median frame over the first's, until the target leaves; the two take each frame in turn."""
    frames = [clip.frames.read(index) for index in range(int(np.argmin(clip.visible)))]
    seconds = np.empty((2, len(frames) - 1))
    for tracker in pair:
        tracker.init(frames[0], clip.boxes[0])
    for index, image in enumerate(frames[1:]):
        for which in (0, 1) if index % 2 else (1, 0):
            start = perf_counter()
            pair[which].update(image)
            seconds[which, index] = perf_counter() - start
    first, second = np.median(seconds, axis=1)
    return float(second / first)


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
    searched = 1000 * np.concatenate([track.seconds[1:][track.lost[1:]] for track in tracks])
    return {
        "returns": str(again.returns),
        "found within 30 frames": f"{again.soon or 0.0:.3f}",
        "mean delay, frames": "none" if again.delay is None else f"{again.delay:.1f}",
        "absent frames": str(absent),
        "of them reported": f"{reported / absent:.3f}",
        "of them reported after a loss (false alarms)": f"{alarms / absent:.3f}",
        "F": f"{best_f(tracks):.3f}",
        "AUROC of lost, by the score": "none" if area is None else f"{area:.3f}",
        "a frame while lost, ms, median": f"{np.median(searched):.1f}" if len(searched) else "none",
        "95 % of them within, ms": f"{np.quantile(searched, 0.95):.1f}" if len(searched) else "none",
    }


@click.command()
@click.argument("specs", nargs=-1)
@click.option("--shared", envvar="STDTRACK_SHARED", default="../shared", type=click.Path(path_type=Path, exists=True))
@click.option("--config", default="nano-cpu", show_default=True)
@click.option("--count", default=COUNT, show_default=True, type=click.IntRange(min=1), help="Made sequences.")
@click.option("--real/--no-real", default=True, help="Also the real targets, which never leave.")
def main(specs: tuple[str, ...], shared: Path, config: str, count: int, real: bool) -> None:
    """Print a line a figure, a column a tracker: SPECS, or nano, NanoTrack v3 and KCF with and without re-detection."""
    specs = specs or default_specs(shared)
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    os.environ["OMP_NUM_THREADS"] = "1"
    validation = build_validation(load_config(find_config(config), (f"data_root={shared}",)))
    trackers = {spec: load_tracker(spec) for spec in specs}
    tracks: dict[str, list[Track]] = {spec: [] for spec in specs}
    ratios = []
    for clip in islice(made_clips(validation.sequences, 0, ROUNDS), count):
        kept = Footage(clip.name, CachedFrames(clip.frames), clip.boxes, clip.visible)
        for spec, tracker in trackers.items():
            tracks[spec].append(tracked(tracker, kept))
        if {PLAIN, SEARCHING} <= trackers.keys():
            ratios.append(cost_while_present((trackers[PLAIN], trackers[SEARCHING]), kept))
        click.echo(f"{clip.name}: " + "; ".join(shown(tracks[spec][-1]) for spec in specs), err=True)
    figures = {spec: lines(tracks[spec]) for spec in specs}
    if real:
        for spec in specs:
            areas = [follow(spec, target).auc for target in found(shared)]
            figures[spec][f"mean AUC, {len(areas)} real targets"] = f"{np.mean(areas):.4f}"
    click.echo(f"| {len(tracks[specs[0]])} made sequences | {' | '.join(specs)} |\n| :--- |{' ---: |' * len(specs)}")
    for name in figures[specs[0]]:
        click.echo(f"| {name} | {' | '.join(figures[spec][name] for spec in specs)} |")
    if ratios:
        low, middle, high = np.quantile(ratios, (0.25, 0.5, 0.75))
        click.echo(
            f"\n{SEARCHING} while the target is there: {middle:.3f} of {PLAIN} (quartiles {low:.3f}, {high:.3f})"
        )
    for name, value in calibration_facts().items():
        click.echo(f"{name}: {value}")


def default_specs(shared: Path) -> tuple[str, ...]:
    """Ours, with the search by number of steps and by the clock, and two others, each without and with our search."""
    others = (f"onnx:nanotrack_v3?weights={shared}/weights/nanotrack_v3", "opencv:kcf")
    return (
        PLAIN,
        SEARCHING,
        f"{SEARCHING}&budget=30",
        *(spec for other in others for spec in (other, f"redetect:{other}")),
    )


def calibration_facts() -> dict[str, str]:
    """What the shipped weights' calibration says of how well it tells lost frames of left-out clips."""
    path = shipped_weights("nano")
    assert path is not None
    data = from_text(load_facts(path)[FACT], path).data
    return {name: value for name, value in data.items() if name.startswith("AUROC") and name.endswith("assessment")}


def shown(track: Track) -> str:
    """A track in a few words: whether its returns were found, and if not, whether it was looking for them."""
    missed = "not found" if track.lost[~track.present].any() else "not found, never called lost"
    delays = [missed if one.delay is None else f"{one.delay} frames" for one in track.returns]
    return f"{', '.join(delays)}, {int(track.false_alarms.sum())} of {int((~track.present).sum())} absent falsely"


if __name__ == "__main__":
    main()
