"""OpenCV's trackers behind the protocol: whole pixels in, BGR, the last box after a failure."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from evalkit.benchmarks.synthetic.returns import RETURNS, draw
from evalkit.boxes import iou_continuous
from evalkit.errors import InputError
from evalkit.trackers.base import Tracker
from evalkit.trackers.opencv import FACTORIES, OpenCVTracker, create, whole_pixels
from evalkit.trackers.spec import load_tracker


@pytest.fixture(scope="module")
def clip():
    """Twelve frames of a target that moves smoothly, and its boxes."""
    drawn = draw(RETURNS[0], np.random.default_rng(3), 60)[:12]
    return [image for image, _, _ in drawn], np.array([box for _, box, _ in drawn])


@pytest.mark.parametrize("name", FACTORIES)
def test_every_tracker_follows_a_smooth_motion(name, clip):
    images, boxes = clip
    tracker = load_tracker(f"opencv:{name}")
    assert isinstance(tracker, Tracker)
    tracker.init(images[0], boxes[0])
    predictions = [tracker.update(image) for image in images[1:]]
    assert all(prediction.box.dtype == np.float64 for prediction in predictions)
    assert {prediction.score for prediction in predictions} <= {0.0, 1.0}
    if name == "csrt":
        found = np.array([prediction.box for prediction in predictions])
        assert iou_continuous(found, boxes[1:]).mean() > 0.6


@pytest.mark.parametrize("name", FACTORIES)
@pytest.mark.parametrize("box", [[-10.0, -5, 30, 30], [300, 220, 40, 40], [100.4, 80.6, 0.3, 0.4], [3, 2, 314, 236]])
def test_no_box_inside_the_image_even_in_part_aborts(name, box, clip):
    images, _ = clip
    tracker = create(name, {})
    try:
        tracker.init(images[0], np.array(box))
        prediction = tracker.update(images[1])
    except cv2.error:
        pytest.skip(f"{name} refuses such a box: the run records the failure")
    assert prediction.box.shape == (4,)


class Native:
    """Stands in for cv2: records what it is given, and fails from the second update on."""

    def init(self, image, box):
        self.image, self.box, self.updates = image, box, 0

    def update(self, image):
        self.updates += 1
        return self.updates < 2, (1, 2, 3, 4)


def test_a_failure_keeps_the_last_box_with_score_0():
    native = Native()
    tracker = OpenCVTracker("fake", lambda: native)
    image = np.zeros((10, 20, 3), np.uint8)
    image[..., 0] = 255
    tracker.init(image, np.array([2.6, 3.4, 6.0, 5.0]))
    assert native.box == (3, 3, 6, 5)
    assert native.image[0, 0].tolist() == [0, 0, 255]
    found, lost = tracker.update(image), tracker.update(image)
    assert (found.box.tolist(), found.score) == ([1, 2, 3, 4], 1.0)
    assert (lost.box.tolist(), lost.score) == ([1, 2, 3, 4], 0.0)


def test_a_failure_in_the_first_frame_keeps_the_given_box_unrounded():
    native = Native()
    tracker = OpenCVTracker("fake", lambda: native)
    tracker.init(np.zeros((10, 20, 3), np.uint8), np.array([2.6, 3.4, 6.0, 5.0]))
    native.updates = 1
    assert tracker.update(np.zeros((10, 20, 3), np.uint8)).box.tolist() == [2.6, 3.4, 6.0, 5.0]


def test_it_starts_over_with_every_sequence(clip):
    images, boxes = clip
    tracker = create("kcf", {})

    def run():
        tracker.init(images[0], boxes[0])
        return np.array([tracker.update(image).box for image in images[1:]])

    first = run()
    np.testing.assert_array_equal(run(), first)


def test_update_before_init_is_an_error():
    with pytest.raises(RuntimeError, match="before init"):
        create("kcf", {}).update(np.zeros((10, 20, 3), np.uint8))


@pytest.mark.parametrize(
    ("spec", "message"),
    [("opencv:goturn", "OpenCV has no tracker 'goturn'.*csrt"), ("opencv:csrt?scale=2", "takes no option 'scale'")],
)
def test_what_does_not_exist_is_wrong_input(spec, message):
    with pytest.raises(InputError, match=message):
        load_tracker(spec)


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ([0.4, 0.4, 10, 10], (0, 0, 10, 10)),
        ([90, 40, 20, 20], (90, 40, 10, 10)),
        ([99.9, 49.9, 5, 5], (95, 45, 5, 5)),
        ([50, 20, 1, 8], (48, 20, 5, 8)),
        ([-4, -4, 4.6, 4.6], (0, 0, 5, 5)),
    ],
)
def test_whole_pixels_stay_inside(box, expected):
    assert whole_pixels(np.array(box), 100, 50) == expected
