"""Trackers of other toolkits' kinds, seen through ours."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from evalkit.execution.tracking import track
from evalkit.trackers.adapted import adapt
from evalkit.trackers.base import Prediction
from evalkit.trackers.spec import load_tracker


class Got10k:
    name, is_deterministic = "got10k's", True

    def init(self, image, box):
        self.box, self.seen = box, [np.array(image)]

    def update(self, image):
        self.seen.append(np.array(image))
        self.box = self.box + np.array([1, 2, 0, 0])
        return self.box.tolist()


class Pytracking:
    def initialize(self, image, info):
        self.box, self.seen = info["init_bbox"], [image]

    def track(self, image, info=None):
        self.seen.append(image)
        x, y, w, h = self.box
        self.box = [x + 1, y + 2, w, h]
        return {"target_bbox": self.box, "object_presence_score": 0.5}


class Ours:
    def init(self, image, box): ...

    def update(self, image):
        return Prediction(np.ones(4), 1.0)


@pytest.mark.parametrize(("kind", "score"), [(Got10k, 1.0), (Pytracking, 0.5)])
def test_boxes_and_pictures_go_through_unchanged(frames, box, kind, score):
    tracker = adapt(kind, "m:f")
    found = track(tracker, frames, box)
    steps = np.arange(len(frames))[:, None]
    np.testing.assert_allclose(found.boxes, box + steps * [1.0, 2.0, 0.0, 0.0], rtol=0, atol=1e-12)
    assert set(found.scores[1:]) == {score}
    for index, image in enumerate(tracker.tracker.seen):
        np.testing.assert_array_equal(image, frames.read(index))


def test_the_given_box_is_not_the_trackers_to_change(box):
    class Careless(Got10k):
        def init(self, image, box):
            box += 100

    before = box.copy()
    adapt(Careless, "m:f").init(np.zeros((4, 4, 3), np.uint8), box)
    np.testing.assert_array_equal(box, before)


def test_one_of_ours_is_taken_as_it_is():
    assert isinstance(adapt(Ours, "m:f"), Ours)


def test_a_tracker_of_cv2_is_made_anew_for_every_sequence(frames, box):
    found = track(load_tracker("cv2:TrackerKCF_create"), frames, box)
    np.testing.assert_array_equal(found.boxes, track(load_tracker("opencv:kcf"), frames, box).boxes)
    tracker = adapt(cv2.TrackerKCF_create, "cv2:TrackerKCF_create")
    np.testing.assert_array_equal(track(tracker, frames, box).boxes, track(tracker, frames, box).boxes)


def test_what_is_no_tracker_is_left_to_the_caller():
    assert adapt(dict, "m:f") == {}
