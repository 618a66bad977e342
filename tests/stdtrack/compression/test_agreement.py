"""Agreement of boxes from one state, and the area under the success curve."""

from __future__ import annotations

import numpy as np
import pytest

from evalkit.boxes import iou_continuous
from evalkit.trackers.base import Prediction
from evalkit.types import Box, Image
from profiling.latency.clips import Clip
from stdtrack.compression.agreement import mean_agreement, mean_auc
from stdtrack.tracker import STDTracker
from tests.stdtrack.tiny import TINY, make

FRAMES = 7


class Noise:
    """Frames of noise, the same every time."""

    def __len__(self) -> int:
        return FRAMES

    def read(self, index: int) -> Image:
        return np.random.default_rng(index).integers(0, 256, (90, 120, 3), dtype=np.uint8)

    def name(self, index: int) -> str:
        return str(index)


@pytest.fixture
def clip() -> Clip:
    return Clip("noise", Noise(), np.tile([30.0, 20.0, 24.0, 16.0], (FRAMES, 1)))


class Drift:
    """Moves by so many pixels a frame."""

    def __init__(self, pixels: float) -> None:
        self.pixels, self.box = pixels, np.zeros(4)

    def init(self, image: Image, box: Box) -> None:
        self.box = box

    def update(self, image: Image) -> Prediction:
        self.box = self.box + np.array([self.pixels, 0.0, 0.0, 0.0])
        return Prediction(self.box, 1.0)


def test_a_tracker_agrees_with_itself(clip: Clip) -> None:
    tracker, other = STDTracker(make(TINY)), STDTracker(make(TINY))
    assert mean_agreement(tracker, other, [clip]) == 1.0
    assert mean_agreement(tracker, STDTracker(make(TINY, seed=1)), [clip]) < 0.9


def test_every_frame_starts_from_the_originals_state(clip: Clip) -> None:
    """A drift of one pixel more stays one pixel: it does not add up."""
    one = iou_continuous(np.array([[1.0, 0.0, 24.0, 16.0]]), np.array([[0.0, 0.0, 24.0, 16.0]]))[0]
    assert mean_agreement(Drift(2.0), Drift(3.0), [clip, clip]) == pytest.approx(one)


def test_the_original_is_not_disturbed(clip: Clip) -> None:
    alone, beside = STDTracker(make(TINY)), STDTracker(make(TINY))
    alone.init(clip.frames.read(0), clip.boxes[0])
    boxes = [alone.update(clip.frames.read(index)).box for index in range(1, FRAMES)]
    mean_agreement(beside, STDTracker(make(TINY, seed=1)), [clip])
    np.testing.assert_array_equal(beside._box, alone._box)
    assert len(boxes) == FRAMES - 1


def test_the_area_under_the_success_curve(clip: Clip) -> None:
    """By hand: IoU 1 is above the thresholds 0 to 0.95, so 20 of 21; no overlap is above none."""
    assert mean_auc(Drift(0.0), [clip]) == pytest.approx(20 / 21)
    assert mean_auc(Drift(500.0), [clip]) == 0.0
    partly = clip.boxes.copy()
    partly[2:] = np.nan
    assert mean_auc(Drift(0.0), [Clip("partly", clip.frames, partly)]) == pytest.approx(20 / 21)
