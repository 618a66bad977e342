"""The tracker's network as what looks: windows of an image in one batch, each judged by the calibration."""

from __future__ import annotations

import math
from collections.abc import Sequence
from time import perf_counter

import numpy as np
import torch
from torch import Tensor, nn

from evalkit.types import Image
from stdtrack.answer import on_host, peak_box
from stdtrack.assessment import Calibration
from stdtrack.crops import Window, to_image
from stdtrack.cues import frame_cues
from stdtrack.model import Memory, TrackState
from stdtrack.redetection.search import View
from stdtrack.tracker import STDTracker

BATCH = 8
"""Windows that a module takes at once."""
TIMED, ROUNDS = 8, 5


class Viewer:
    """Looks with a tracker's network; the tracker itself stays as it is.

    A module takes several windows at once; they follow each other on a backend, whose graph takes one crop, and where
    the clock is to be looked at between them.
    """

    def __init__(self, tracker: STDTracker, calibration: Calibration) -> None:
        self.tracker, self.calibration = tracker, calibration
        self._flat_HW = torch.ones(tracker.config.score_grid, tracker.config.score_grid)

    @torch.inference_mode()
    def __call__(
        self, image: Image, windows: Sequence[Window], state: TrackState, until: float = math.inf
    ) -> list[View]:
        """Views of the windows, all from the same state; see :data:`~stdtrack.redetection.search.Look`.

        Args:
            until: the first window is looked at in any case, further ones while :func:`time.perf_counter` is below it.
        """
        at_once = BATCH if isinstance(self.tracker.network, nn.Module) and math.isinf(until) else 1
        views: list[View] = []
        while len(views) < len(windows) and not (views and perf_counter() >= until):
            views += self._looked(image, windows[len(views) : len(views) + at_once], state)
        return views

    def _looked(self, image: Image, windows: Sequence[Window], state: TrackState) -> list[View]:
        crops = [self.tracker.search_crop(image, window) for window in windows]
        search = crops[0] if len(crops) == 1 else torch.cat(crops)
        output, after = self.tracker.network.step(repeated(state, len(crops)), search)
        output = on_host(output)
        views = []
        for row, window in enumerate(windows):
            cues = frame_cues(output, row)
            place = to_image(peak_box(output, self._flat_HW, row), window)
            views.append(View(place, self.calibration.lost(cues), cues, picked(after, row)))
        return views

    def seconds_a_tile(self) -> float:
        """What a window by itself takes on this machine: the median of a few rounds on an empty image."""
        size = 4 * self.tracker.config.search_size
        image = np.zeros((size, size, 3), dtype=np.uint8)
        state = self.tracker.first_state(image, np.array([size / 2, size / 2, 32.0, 32.0]))
        windows = [np.array([size / 2, size / 2, 96.0])] * TIMED
        return float(np.median([self._timed(image, windows, state) for _ in range(ROUNDS + 1)][1:])) / TIMED

    def _timed(self, image: Image, windows: Sequence[Window], state: TrackState) -> float:
        start = perf_counter()
        for window in windows:
            self(image, [window], state)
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
