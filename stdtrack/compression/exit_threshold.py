"""From which confidence on frames may end early: chosen on frames, for a loss that is stated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from evalkit.boxes import iou_continuous
from evalkit.running.tracking import track
from evalkit.types import Vector
from profiling.latency.clips import Clip
from stdtrack.answer import peak_box
from stdtrack.inference.early_exit import Exit, ExitingNetwork, exiting
from stdtrack.inference.graphs import pack, unpack_step
from stdtrack.model import FrameOutput, STDTrack, TrackState
from stdtrack.tracker import STDTracker
from stdtrack.training.lessons import corner_boxes


def lowest_threshold(confidence: Vector, overlap: Vector, loss: float) -> float:
    """The lowest threshold above which frames may end early for at most this loss; 1 where none may.

    Args:
        confidence: (N,) of each frame, in [0, 1].
        overlap: (N,) IoU of its box after the exit with the full network's.
        loss: mean over all N frames of 1 - IoU, 0 for those that do not end early.

    >>> lowest_threshold(np.array([0.9, 0.5, 0.7]), np.array([1.0, 0.1, 0.7]), 0.1)
    0.5
    """
    candidates = np.unique(np.append(confidence, (0.0, 1.0)))
    losses = np.array([((1.0 - overlap) * (confidence > threshold)).sum() for threshold in candidates])
    return float(candidates[losses <= loss * len(confidence)][0])


@dataclass
class _Probe:
    """A network that answers as the full one does, and keeps what the exit would have answered.

    Attributes:
        window_HW: factors on the score map, as the tracker has them.
    """

    network: ExitingNetwork
    window_HW: torch.Tensor
    confidence: list[float] = field(default_factory=list)
    boxes: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)

    def init_state(self, templates_BK3HW: torch.Tensor) -> TrackState:
        return self.network.init_state(templates_BK3HW)

    def step(self, state: TrackState, search_B3HW: torch.Tensor) -> tuple[FrameOutput, TrackState]:
        tensors = pack(state)
        x_BNC, confidence_B, *fine = self.network.begin(search_B3HW, *tensors)
        ends = self.network.early(x_BNC, *fine, *tensors), self.network.late(x_BNC, *fine, *tensors)
        (early, _), (late, after) = (unpack_step(tuple(end), state.cache_LBM2HD) for end in ends)
        self.confidence.append(float(confidence_B[0]))
        self.boxes.append((peak_box(early, self.window_HW), peak_box(late, self.window_HW)))
        return late, after


def choose_threshold(model: STDTrack, way_out: Exit, clips: Sequence[Clip], loss: float) -> tuple[float, float]:
    """The threshold for this loss on the frames of the clips, as the full network follows them.

    Returns:
        the threshold, and the share of these frames that end early.
    """
    tracker = STDTracker(model)
    probe = _Probe(exiting(tracker.model, way_out), tracker.window_HW)
    tracker.use(probe)
    for clip in clips:
        track(tracker, clip.frames, clip.boxes[0], depth=0)
    early, late = (corner_boxes(np.array(boxes)) for boxes in zip(*probe.boxes, strict=True))
    confidence = np.array(probe.confidence)
    threshold = lowest_threshold(confidence, iou_continuous(early, late), loss)
    return threshold, float((confidence > threshold).mean())
