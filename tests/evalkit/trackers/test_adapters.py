"""Trackers of other toolkits' kinds, seen through ours."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from evalkit.errors import InputError
from evalkit.running.tracking import track
from evalkit.trackers.adapters import adapt, require_tracker, takes_info
from evalkit.trackers.answers import NonsenseError, read_answer
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


class Pysot:
    def init(self, image, box):
        self.box, self.seen = np.array(box), [image]

    def track(self, image):
        self.seen.append(image)
        self.box += np.array([1, 2, 0, 0])
        return {"bbox": self.box, "best_score": np.float32(0.25)}


def test_a_tracker_of_pysot_sees_bgr(frames, box):
    tracker = adapt(Pysot, "m:f")
    found = track(tracker, frames, box)
    np.testing.assert_allclose(found.boxes[-1], box + 7 * np.array([1.0, 2.0, 0.0, 0.0]), rtol=0, atol=1e-12)
    assert found.scores.tolist() == [1.0] + 7 * [0.25]
    for index, image in enumerate(tracker.tracker.seen):
        np.testing.assert_array_equal(image, cv2.cvtColor(frames.read(index), cv2.COLOR_RGB2BGR))
    assert tracker.describe() == {"interface": "pysot"}


class Recurrent(Pytracking):
    """Moves by what it said last, as segmenting trackers carry their mask."""

    def initialize(self, image, info):
        super().initialize(image, info)
        return {"target_bbox": self.box, "step": 0}

    def track(self, image, info):
        x, y, w, h = self.box
        step = info["previous_output"]["step"] + 1
        return {"target_bbox": [x + step, y, w, h], "step": step}


def test_the_last_answer_is_handed_to_a_tracker_that_asks_for_it(frames, box):
    found = track(adapt(Recurrent, "m:f"), frames, box)
    np.testing.assert_allclose(found.boxes[:, 0], box[0] + np.arange(8), rtol=0, atol=1e-12)


def track_alone(image): ...


def track_with_info(image, info=None): ...


def track_with_more(image, previous): ...


def track_and_draw(image, visualize=False): ...


@pytest.mark.parametrize(
    ("method", "expected"),
    [(track_alone, False), (track_with_info, True), (track_with_more, True), (track_and_draw, False)],
)
def test_who_is_given_the_last_answer(method, expected):
    assert takes_info(method) is expected


@pytest.mark.parametrize("key", ["object_presence_score", "best_score", "conf_score"])
def test_every_name_of_a_score_is_known(frames, box, key):
    class Scored(Pytracking):
        def track(self, image):
            return {"target_bbox": self.box, key: [0.75]}

    assert set(track(adapt(Scored, "m:f"), frames, box).scores[1:]) == {0.75}


def tensor(values, **options):
    """Of torch, which not every Python that scores has."""
    return pytest.importorskip("torch").tensor(values, **options)


def answering(base, answer):
    """A tracker of that kind which answers the same to every frame."""
    tracker = base()
    setattr(tracker, "track" if base in (Pytracking, Pysot) else "update", lambda image: answer)
    return tracker


@pytest.mark.parametrize("base", [Got10k, Pytracking, Pysot, Ours])
@pytest.mark.parametrize("form", [list, tuple, np.array, tensor, lambda box: [np.float64(v) for v in box]])
def test_a_plain_box_is_understood_from_every_kind(frames, box, base, form):
    found = track(adapt(lambda: answering(base, form(box.tolist())), "m:f"), frames, box)
    np.testing.assert_allclose(found.boxes, np.tile(box, (8, 1)), rtol=1e-6)
    assert set(found.scores) == {1.0}


ANSWERS = [
    (Got10k, None, "frame 1: it answered None, which is not four finite numbers; .*got10k's kind answers a plain box"),
    (Got10k, (np.ones(4), 0.7), "frame 1: it answered .*0.7.*which is not four finite numbers; .*a plain box"),
    (Got10k, [1, 2, 3, float("nan")], r"frame 1: it answered \[1, 2, 3, nan\], which is not four finite numbers"),
    (Got10k, np.ones((1, 4)), r"frame 1: it answered a ndarray of shape \(1, 4\)"),
    (Got10k, "1234", "frame 1: it answered '1234'"),
    (Ours, (True, (1, 2, 3, 4)), r"frame 1: it answered \(True, \(1, 2, 3, 4\)\).*Prediction\(box, score\)"),
    (Pytracking, {"boxes": 1}, "frame 1: it answered a dict with the keys 'boxes'; .*{'target_bbox':"),
    (Pytracking, {"target_bbox": {1: [1, 2, 3, 4]}}, "frame 1: its target_bbox a dict with the keys 1 is not four"),
    (Pytracking, {"target_bbox": [1, 2, 3, 4], "best_score": "high"}, "frame 1: the score is 'high', not a finite"),
    (Pysot, {}, "frame 1: it answered an empty dict; .*{'bbox':"),
    (Pysot, {"bbox": [1, 2, 3]}, r"frame 1: its bbox \[1, 2, 3\] is not four finite numbers"),
]


@pytest.mark.parametrize(("base", "answer", "message"), ANSWERS)
def test_any_other_answer_is_shown_with_its_frame_and_what_is_wanted(frames, box, base, answer, message):
    with pytest.raises(NonsenseError, match=message):
        track(adapt(lambda: answering(base, answer), "m:f"), frames, box)


def test_a_tensor_may_need_gradients():
    box = tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True) * 2
    assert read_answer(box).box.tolist() == [2, 4, 6, 8]
    assert read_answer(list(box)).box.tolist() == [2, 4, 6, 8]
    assert read_answer(Prediction(box.bfloat16(), tensor(0.5, requires_grad=True))).score == 0.5


@pytest.mark.cuda
def test_a_tensor_may_lie_on_a_gpu():
    if not pytest.importorskip("torch").cuda.is_available():
        pytest.skip("skipped: no CUDA device")
    box = tensor([1.0, 2.0, 3.0, 4.0], device="cuda", requires_grad=True)
    assert read_answer(box).box.tolist() == [1, 2, 3, 4]


class Follower:
    def start(self, image, box): ...

    def follow(self, image): ...


def test_a_class_of_no_known_style_is_refused_with_the_styles():
    with pytest.raises(InputError, match=r"'m:f' made a Follower, .* it has the methods follow, start") as refused:
        require_tracker(adapt(Follower, "m:f"), "m:f")
    for style in ("ours", "got10k", "pytracking", "pysot"):
        assert f"{style}: " in str(refused.value)
    with pytest.raises(InputError, match="made a dict, which is no tracker"):
        require_tracker({}, "m:f")
    with pytest.raises(InputError, match="returned the class Follower"):
        adapt(lambda: Follower, "m:f")


class ByPositionAndSize:
    """As LightTrack and its kind are called."""

    def init(self, image, target_pos, target_sz, model): ...

    def track(self, state, image): ...


class WithoutBox:
    def init(self, image): ...

    def update(self, image): ...


@pytest.mark.parametrize(
    ("factory", "methods"),
    [
        (ByPositionAndSize, r"init\(image, target_pos, target_sz, model\), track\(state, image\)"),
        (WithoutBox, r"init\(image\), update\(image\)"),
    ],
)
def test_methods_of_known_names_that_cannot_be_called_so_are_refused_before_a_sequence(factory, methods):
    with pytest.raises(InputError, match=f"no tracker of a known style: it has the methods {methods}"):
        require_tracker(adapt(factory, "m:f"), "m:f")
