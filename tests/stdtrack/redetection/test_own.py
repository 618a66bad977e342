"""STDTrack with re-detection: as without while the target is there, and back on it after it was lost."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter

import numpy as np
import pytest

from evalkit.errors import InputError
from evalkit.trackers.spec import load_tracker
from stdtrack.assessment import FACT, Calibration, as_text
from stdtrack.checkpoints import save_model, untrained
from stdtrack.configs import NANO
from stdtrack.cues import Cues
from stdtrack.redetection.budget import Budget
from stdtrack.redetection.own import RedetectingSTDTracker
from stdtrack.redetection.search import PATIENCE, View
from stdtrack.tracker import STDTracker
from tests.stdtrack.test_assessment import BY_QUALITY, LIMITS, NOTHING
from tests.stdtrack.test_tracker import Fixed, picture
from tests.stdtrack.tiny import TINY, make

BOX = np.array([30.0, 20.0, 24.0, 16.0])
ELSEWHERE = np.array([90.0, 60.0, 20.0, 20.0])
PLAIN = np.full_like(picture(), 90)
"""Of one colour, so that likeness is the network's word alone."""
LATER = PLAIN + 1
"""Not the image in which the target was last certain, in which nothing is beside it."""
NEVER_LOST = Calibration(-9.0, NOTHING, NOTHING, 0.8, LIMITS)


@pytest.fixture
def tracker() -> RedetectingSTDTracker:
    made = RedetectingSTDTracker(make(TINY), calibration=BY_QUALITY)
    made.init(PLAIN, BOX)
    return made


def lose(tracker: RedetectingSTDTracker) -> None:
    """Until the search begins."""
    tracker.use(Fixed(tracker, 0.05))
    for _ in range(PATIENCE + 1):
        assert tracker.update(LATER).visible is False


class Finds:
    """Sees the target at one place whatever the window."""

    def __init__(self, box: np.ndarray, lost: float = 0.1) -> None:
        self.box, self.lost, self.states = box, lost, []

    def __call__(self, image: object, windows: list, state: object) -> list[View]:
        self.states.append(state)
        box = BOX if image[0, 0, 0] == PLAIN[0, 0, 0] else self.box
        return [View(box, self.lost, Cues(2.0, 0.0), state) for _ in windows]


def test_boxes_are_those_of_the_tracker_itself_while_the_target_is_there() -> None:
    plain = STDTracker(make(TINY))
    redetecting = RedetectingSTDTracker(make(TINY), calibration=NEVER_LOST)
    for each in (plain, redetecting):
        each.init(picture(), BOX)
    for index in range(6):
        one, other = plain.update(picture(seed=index)), redetecting.update(picture(seed=index))
        np.testing.assert_array_equal(one.box, other.box)
        assert other.score == pytest.approx(0.8 * (1 - redetecting.assessment.lost))
        assert other.visible is True


def test_lost_is_said_until_three_frames_confirm(tracker: RedetectingSTDTracker) -> None:
    tracker.look = Finds(ELSEWHERE)
    tracker.use(Fixed(tracker, 0.05))
    waiting = PATIENCE + 2
    answers = [tracker.update(LATER) for _ in range(waiting + 1)]
    assert [answer.visible for answer in answers] == [False] * waiting + [True]
    assert [answer.score for answer in answers[:waiting]] == pytest.approx([0.8 * 0.05] * waiting, rel=1e-3)
    np.testing.assert_allclose(answers[-1].box, ELSEWHERE)
    assert answers[-1].score == pytest.approx(0.8 * 0.9)


def test_tracking_goes_on_from_there(tracker: RedetectingSTDTracker) -> None:
    tracker.look = Finds(ELSEWHERE)
    lose(tracker)
    tracker.use(Fixed(tracker, 0.9))
    for _ in range(2):
        tracker.update(LATER)
    answer = tracker.update(LATER)
    assert answer.visible is True
    np.testing.assert_allclose(answer.box[:2] + answer.box[2:] / 2, [100, 70], atol=4)


def test_without_a_candidate_it_stays_lost_and_takes_nothing_into_memory(tracker: RedetectingSTDTracker) -> None:
    tracker.look = look = Finds(ELSEWHERE, lost=0.9)
    lose(tracker)
    known = tracker._known
    for _ in range(5):
        assert tracker.update(LATER).visible is False
    assert {id(state) for state in look.states} == {id(known.state)}
    assert tracker._known is known


def test_it_may_come_back_by_itself(tracker: RedetectingSTDTracker) -> None:
    tracker.look = Finds(ELSEWHERE, lost=0.9)
    lose(tracker)
    tracker.use(Fixed(tracker, 0.95))
    seen = [tracker.update(LATER).visible for _ in range(6)]
    assert seen[-1] is True
    assert seen[:2] == [False, False]


def test_init_forgets_the_search(tracker: RedetectingSTDTracker) -> None:
    lose(tracker)
    tracker.init(PLAIN, BOX)
    tracker.use(Fixed(tracker, 0.9))
    assert tracker.update(LATER).visible is True


def test_grey_images_are_searched_as_well(tracker: RedetectingSTDTracker) -> None:
    tracker.use(Fixed(tracker, 0.05))
    answers = [tracker.update(picture()[..., 0]) for _ in range(5)]
    assert answers[-1].visible is False
    assert np.isfinite([answer.box for answer in answers]).all()


def test_the_same_twice() -> None:
    found = []
    for _ in range(2):
        made = RedetectingSTDTracker(make(TINY), calibration=Calibration(9.0, NOTHING, NOTHING, 0.8, LIMITS))
        made.init(picture(), BOX)
        found.append([made.update(picture(seed=index)).box for index in range(6)])
    np.testing.assert_array_equal(*found)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "nano.safetensors"
    save_model(path, untrained(NANO), {FACT: as_text(BY_QUALITY)})
    return path


def test_a_spec_says_when_it_is_on(weights: Path) -> None:
    spec = f"stdtrack:nano?weights={weights}&backend=eager"
    assert type(load_tracker(spec)) is STDTracker
    assert type(load_tracker(f"{spec}&redetect=false")) is STDTracker
    assert "redetect" not in load_tracker(spec).describe()
    assert load_tracker(f"{spec}&redetect=true").describe()["redetect"] == "8 tiles a frame"
    assert load_tracker(f"{spec}&redetect=true&tiles=20").budget == Budget(20, "20 tiles a frame")


def test_milliseconds_are_kept_by_the_clock_and_the_manifest_says_so(weights: Path) -> None:
    tracker = load_tracker(f"stdtrack:nano?weights={weights}&backend=eager&redetect=true&budget=40")
    assert (tracker.budget.tiles, tracker.budget.seconds) == (4096, 0.04)
    assert 0 < tracker.budget.tile < 60
    assert tracker.describe()["redetect"] == "40 ms a frame by the clock: answers differ from run to run"


class Clocked(Finds):
    """Notes until when it may look."""

    def __call__(self, image: object, windows: list, state: object, until: float = np.inf) -> list[View]:
        self.until = until
        return super().__call__(image, windows[: 1 + (until > perf_counter())], state)


def test_a_frame_ends_in_time_for_one_more_look(tracker: RedetectingSTDTracker) -> None:
    tracker.look, tracker.budget = Clocked(ELSEWHERE, lost=0.9), Budget(8, "", seconds=3.0, tile=0.5)
    tracker.use(Fixed(tracker, 0.05))
    before = perf_counter()
    tracker.update(LATER)
    assert before + 2.0 <= tracker.look.until <= perf_counter() + 2.0
    tracker.budget = Budget(8, "")
    tracker.update(LATER)
    assert tracker.look.until == np.inf


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ("redetect=perhaps", "redetect=perhaps"),
        ("tiles=8", "goes with redetect=true"),
        ("redetect=false&budget=8", "goes with redetect=true"),
        ("redetect=true&tiles=8&budget=8", "not both"),
        ("redetect=true&tiles=1", "tiles=1 is out of range"),
        ("redetect=true&tiles=8.5", r"tiles=8\.5 is no whole number \(a whole number from 2 to 4096\)"),
        ("redetect=true&budget=0", r"budget=0 is out of range \(milliseconds, above 0\)"),
        ("redetect=true&budget=-3", "out of range"),
        ("redetect=true&budget=nan", "out of range"),
        ("redetect=true&budget=inf", "out of range"),
        ("redetect=true&budget=long", "is no number"),
    ],
)
def test_wrong_options(weights: Path, options: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        load_tracker(f"stdtrack:nano?weights={weights}&backend=eager&{options}")


def test_weights_without_a_calibration_cannot_search(tmp_path: Path) -> None:
    path = tmp_path / "bare.safetensors"
    save_model(path, untrained(NANO))
    with pytest.raises(InputError, match="no calibration"):
        load_tracker(f"stdtrack:nano?weights={path}&redetect=true")
    with pytest.raises(InputError, match="no calibration"):
        load_tracker("stdtrack:small?redetect=true")
