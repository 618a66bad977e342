"""How well a tracker follows on the clips that it was timed on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evalkit.boxes import iou_continuous
from evalkit.running.heartbeat import current_heartbeat
from evalkit.running.tracking import track
from evalkit.trackers.base import Tracker
from profiling.latency.clips import Clip


def mean_overlap(tracker: Tracker, clips: Sequence[Clip]) -> float:
    """Mean over clips of the mean IoU over frames; the first frame and frames without annotation are left out.

    A measure for a plot of speed against accuracy, under no benchmark's protocol.
    """
    heartbeat = current_heartbeat.get()
    on_frame = None if heartbeat is None else heartbeat.beat
    means = []
    for clip in clips:
        boxes = track(tracker, clip.frames, clip.boxes[0], on_frame=on_frame, depth=0).boxes
        annotated = np.isfinite(clip.boxes[1:]).all(axis=1)
        if annotated.any():
            means.append(iou_continuous(boxes[1:][annotated], clip.boxes[1:][annotated]).mean())
    return float(np.mean(means))
