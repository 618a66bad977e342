"""The tracker's network as what looks: windows of an image in one batch, each judged by the calibration."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

import numpy as np
import torch
from torch import Tensor, nn

from evalkit.types import Image
from stdtrack.assessment import Calibration
from stdtrack.crops import Window, to_image
from stdtrack.cues import frame_cues
from stdtrack.model import Memory, STDTrack, TrackState
from stdtrack.redetection.search import View
from stdtrack.tracker import STDTracker

TIMED, ROUNDS = 8, 5


class Viewer:
    """Looks with a tracker's network; the tracker itself stays as it is.

    A module takes all windows at once; on a backend, whose graph takes one crop, they follow each other.
    """

    def __init__(self, tracker: STDTracker, calibration: Calibration) -> None:
        self.tracker, self.calibration = tracker, calibration

    @torch.inference_mode()
    def __call__(self, image: Image, windows: Sequence[Window], state: TrackState) -> list[View]:
        """A view of every window, all from the same state; see :data:`~stdtrack.redetection.search.Look`."""
        crops = [self.tracker.search_crop(image, window) for window in windows]
        if isinstance(self.tracker.network, nn.Module):
            crops = [torch.cat(crops)] if crops else []
        return self._looked(crops, windows, state)

    def _looked(self, crops: list[Tensor], windows: Sequence[Window], state: TrackState) -> list[View]:
        views: list[View] = []
        for crop in crops:
            before = repeated(state, len(crop))
            output, after = self.tracker.network.step(before, crop)
            boxes = STDTrack.decode(output)[0].double().cpu().numpy()
            for row, box in enumerate(boxes):
                cues = frame_cues(output, row)
                place = to_image(box, windows[len(views)])
                views.append(View(place, self.calibration.lost(cues), cues, picked(after, row)))
        return views

    def seconds_a_tile(self) -> float:
        """What a window takes on this machine: the median of a few rounds on an empty image."""
        size = 4 * self.tracker.config.search_size
        image = np.zeros((size, size, 3), dtype=np.uint8)
        state = self.tracker.first_state(image, np.array([size / 2, size / 2, 32.0, 32.0]))
        windows = [np.array([size / 2, size / 2, 96.0])] * TIMED
        return float(np.median([self._timed(image, windows, state) for _ in range(ROUNDS + 1)][1:])) / TIMED

    def _timed(self, image: Image, windows: Sequence[Window], state: TrackState) -> float:
        start = perf_counter()
        self(image, windows, state)
        return perf_counter() - start


def repeated(state: TrackState, count: int) -> TrackState:
    """The state of one target as that of ``count`` of them; nothing is copied."""
    if count == 1:
        return state
    memory = state.memory
    return TrackState(
        None if state.token_BC is None else state.token_BC.expand(count, -1),
        None if memory is None else Memory(*(_expanded(tensor, count, 0) for tensor in vars(memory).values())),
        _expanded(state.cache_LBM2HD, count, 1),
        state.frame_B.expand(count),
    )


def _expanded(tensor: Tensor, count: int, batch: int) -> Tensor:
    return tensor.expand(*(count if axis == batch else -1 for axis in range(tensor.ndim)))


def picked(state: TrackState, row: int) -> TrackState:
    """The state of one target of a batch."""
    memory, one = state.memory, slice(row, row + 1)
    return TrackState(
        None if state.token_BC is None else state.token_BC[one],
        None if memory is None else Memory(*(tensor[one] for tensor in vars(memory).values())),
        state.cache_LBM2HD[:, one],
        state.frame_B[one],
    )
