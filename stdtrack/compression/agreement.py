"""How alike two trackers' boxes are, and how well each follows its target."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence

import numpy as np

from evalkit.boxes import iou_continuous
from evalkit.running.tracking import track
from evalkit.scoring.frames import success_counts
from evalkit.scoring.rules import Grid
from evalkit.trackers.base import Tracker
from profiling.latency.clips import Clip


def mean_agreement(original: Tracker, compressed: Tracker, clips: Sequence[Clip]) -> float:
    """Mean IoU over all frames but the first of both trackers' boxes, each frame from the original's state.

    Left to itself each would cut its next window out of its last answer, and a difference of the last digits becomes
    one of pixels: that would measure the loop as well. Both trackers are of one class; what they carry from frame to
    frame are attributes that ``init`` and ``update`` set.
    """
    return float(np.mean(np.concatenate([_overlaps(original, compressed, clip) for clip in clips])))


def _overlaps(original: Tracker, compressed: Tracker, clip: Clip) -> np.ndarray:
    idle = dict(vars(original))
    original.init(clip.frames.read(0), clip.boxes[0])
    pairs = []
    for index in range(1, len(clip.frames)):
        image = clip.frames.read(index)
        probe = copy.copy(compressed)
        vars(probe).update(copy.deepcopy(_state(original, idle)))
        pairs.append((original.update(image).box, probe.update(image).box))
    first, second = (np.array(boxes) for boxes in zip(*pairs, strict=True))
    return iou_continuous(second, first)


def _state(tracker: Tracker, idle: Mapping[str, object]) -> dict[str, object]:
    """The attributes that were set since the tracker was idle."""
    missing = object()
    return {name: value for name, value in vars(tracker).items() if idle.get(name, missing) is not value}


def alike_tracks(original: Tracker, other: Tracker, clips: Sequence[Clip]) -> float:
    """Mean IoU over all frames but the first of the tracks of two trackers, each left to itself."""
    overlaps = []
    for clip in clips:
        boxes = [track(tracker, clip.frames, clip.boxes[0], depth=0).boxes[1:] for tracker in (original, other)]
        overlaps.append(iou_continuous(*boxes))
    return float(np.mean(np.concatenate(overlaps)))


def mean_auc(tracker: Tracker, clips: Sequence[Clip]) -> float:
    """Mean over clips of the area under the success curve: the mean over thresholds 0, 0.05, ..., 1 of the share of
    frames whose IoU with the annotation is larger. First frames and those without annotation are left out.
    """
    areas = []
    for clip in clips:
        boxes = track(tracker, clip.frames, clip.boxes[0], depth=0).boxes[1:]
        annotated = np.isfinite(clip.boxes[1:]).all(axis=1)
        overlaps = iou_continuous(boxes[annotated], clip.boxes[1:][annotated])
        if len(overlaps):
            areas.append(success_counts(overlaps, Grid.TWENTIETHS.thresholds).mean() / len(overlaps))
    return float(np.mean(areas)) if areas else float("nan")
