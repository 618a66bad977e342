"""What looks: all windows in one batch, or one after the other, and each as if it were alone."""

from __future__ import annotations

import dataclasses
from time import perf_counter

import numpy as np
import pytest
import torch

from stdtrack.assessment import Calibration, Limits
from stdtrack.configs import ModelConfig
from stdtrack.cues import Cues
from stdtrack.inference.graphs import InitGraph, StepGraph
from stdtrack.inference.networks import GraphNetwork
from stdtrack.redetection.viewer import BATCH, Viewer
from stdtrack.tracker import STDTracker
from tests.stdtrack.test_tracker import picture
from tests.stdtrack.tiny import TINY, make

CALIBRATION = Calibration(0.0, Cues(0.0, 0.0), Cues(0.1, 0.1), 0.8, Limits(0.2, 0.35, 0.5))
WINDOWS = [np.array([40.0, 30.0, 50.0]), np.array([90.0, 60.0, 70.0]), np.array([0.0, 0.0, 30.0])]
WITHOUT_TOKEN = dataclasses.replace(TINY, token=False, fusion=False, memory="none")


class Alone:
    """A network that is no module, and takes one crop at a time as an exported one does."""

    def __init__(self, tracker: STDTracker) -> None:
        self.network = GraphNetwork(InitGraph(tracker.model), StepGraph(tracker.model))
        self.init_state = self.network.init_state

    def step(self, state: object, search: torch.Tensor) -> object:
        assert len(search) == 1
        return self.network.step(state, search)


@pytest.mark.parametrize("config", [TINY, WITHOUT_TOKEN], ids=["token", "without"])
def test_a_batch_sees_what_single_crops_see(config: ModelConfig) -> None:
    batched, alone = STDTracker(make(config)), STDTracker(make(config))
    alone.use(Alone(alone))
    views = []
    for tracker in (batched, alone):
        state = tracker.first_state(picture(), np.array([30.0, 20.0, 24.0, 16.0]))
        views.append(Viewer(tracker, CALIBRATION)(picture(), WINDOWS, state))
    for one, other in zip(*views, strict=True):
        np.testing.assert_allclose(one.box, other.box, atol=1e-3)
        np.testing.assert_allclose(one.cues, other.cues, atol=1e-3)
        assert one.lost == pytest.approx(other.lost, abs=1e-4)


def test_a_view_goes_on_as_the_tracker_itself_would() -> None:
    """The state after looking where the tracker looks is the tracker's own, and so is the next answer."""
    tracker = STDTracker(make(TINY), calibration=CALIBRATION)
    box = np.array([30.0, 20.0, 24.0, 16.0])
    tracker.init(picture(), box)
    state = tracker.first_state(picture(), box)
    window = np.array([42.0, 28.0, TINY.search_factor * np.sqrt(24 * 16)])
    views = Viewer(tracker, CALIBRATION)(picture(seed=1), [WINDOWS[1], window], state)
    tracker.update(picture(seed=1))
    assert tracker.assessment is not None
    np.testing.assert_allclose(views[1].cues, tracker.assessment.cues, atol=1e-3)
    assert views[1].state.token_BC is not None
    np.testing.assert_allclose(views[1].state.token_BC, tracker._state.token_BC, atol=1e-4)
    assert views[1].state.cache_LBM2HD.shape == state.cache_LBM2HD.shape
    assert views[1].state.frame_B.tolist() == [1]


def test_looking_moves_no_tracker() -> None:
    trackers = [STDTracker(make(TINY)) for _ in range(2)]
    for tracker in trackers:
        tracker.init(picture(), np.array([30.0, 20.0, 24.0, 16.0]))
    look = Viewer(trackers[0], CALIBRATION)
    look(picture(seed=5), WINDOWS, trackers[0].first_state(picture(), np.array([5.0, 5.0, 9.0, 9.0])))
    boxes = [tracker.update(picture(seed=1)).box for tracker in trackers]
    np.testing.assert_array_equal(*boxes)


def test_no_windows_no_views() -> None:
    tracker = STDTracker(make(TINY))
    state = tracker.first_state(picture(), np.array([30.0, 20.0, 24.0, 16.0]))
    assert Viewer(tracker, CALIBRATION)(picture(), [], state) == []


def test_the_first_window_is_looked_at_and_the_others_while_there_is_time() -> None:
    tracker = STDTracker(make(TINY))
    state = tracker.first_state(picture(), np.array([30.0, 20.0, 24.0, 16.0]))
    look = Viewer(tracker, CALIBRATION)
    assert len(look(picture(), WINDOWS, state, perf_counter() - 1)) == 1
    assert len(look(picture(), WINDOWS, state, perf_counter() + 600)) == len(WINDOWS)


def test_many_windows_go_in_batches_and_in_order() -> None:
    tracker = STDTracker(make(TINY))
    state = tracker.first_state(picture(), np.array([30.0, 20.0, 24.0, 16.0]))
    look = Viewer(tracker, CALIBRATION)
    views = look(picture(), [*WINDOWS] * 4, state)
    assert len(views) == 12 > BATCH
    for view, again in zip(views[9:], look(picture(), WINDOWS, state), strict=True):
        np.testing.assert_allclose(view.box, again.box, atol=1e-3)


def test_a_tile_takes_time() -> None:
    assert 0 < Viewer(STDTracker(make(TINY)), CALIBRATION).seconds_a_tile() < 60
