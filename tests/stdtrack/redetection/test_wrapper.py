"""Any tracker with a score, watched by our network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evalkit.errors import InputError
from evalkit.trackers.base import Prediction
from evalkit.trackers.spec import TrackerSpec, load_tracker
from stdtrack.assessment import FACT, as_text
from stdtrack.checkpoints import save_model, untrained
from stdtrack.configs import NANO
from stdtrack.redetection.budget import Budget
from stdtrack.redetection.search import PATIENCE, View
from stdtrack.redetection.wrapper import EVERY, Redetecting
from tests.stdtrack.test_assessment import BY_QUALITY, cues
from tests.stdtrack.test_tracker import picture

BOX = np.array([30.0, 20.0, 24.0, 16.0])
ELSEWHERE = np.array([90.0, 60.0, 20.0, 20.0])
PLAIN = np.full_like(picture(), 90)
"""Of one colour, so that likeness is the network's word alone."""
LATER = PLAIN + 1
"""Not the image in which the target was last certain, in which nothing is beside it."""


class Scripted:
    """A tracker that stays where it was started; its scores, and what it says of the target, are given."""

    def __init__(self) -> None:
        self.score, self.visible, self.starts = 0.8, None, []

    def init(self, image: object, box: np.ndarray) -> None:
        self.starts.append(box.tolist())
        self.box = box

    def update(self, image: object) -> Prediction:
        return Prediction(self.box, self.score, self.visible)


class Watcher:
    """A network that is sure that the target is in one place."""

    calibration = BY_QUALITY

    class tracker:  # noqa: N801 - what the wrapper asks of a Viewer's tracker
        class config:  # noqa: N801
            search_factor = 3.2

        @staticmethod
        def first_state(image: object, box: object) -> str:
            return "first"

    def __init__(self, target: np.ndarray | None) -> None:
        self.target, self.looks = target, []

    def __call__(self, image: object, windows: list, state: object) -> list[View]:
        self.looks.append(len(windows))
        return [self.view(window, BOX if image[0, 0, 0] == PLAIN[0, 0, 0] else self.target) for window in windows]

    def view(self, window: np.ndarray, target: np.ndarray | None) -> View:
        if target is not None:
            x, y = target[:2] + target[2:] / 2
            if max(abs(x - window[0]), abs(y - window[1])) < window[2] / 4:
                return View(target, 0.1, cues(0.9), "seen")
        return View(np.array([*window[:2], 20.0, 20.0]), 0.95, cues(0.05), "seen")


def start(target: np.ndarray | None, tiles: int = 30) -> tuple[Redetecting, Scripted, Watcher]:
    inner, look = Scripted(), Watcher(target)
    tracker = Redetecting(inner, look, Budget(tiles, f"{tiles} tiles a frame"))
    tracker.init(PLAIN, BOX)
    return tracker, inner, look


def test_a_sure_tracker_is_looked_after_every_tenth_frame_only() -> None:
    tracker, _, look = start(BOX)
    answers = [tracker.update(LATER) for _ in range(3 * EVERY)]
    assert look.looks == [1, 1, 1]
    assert all((answer.score, answer.visible) == (0.8, True) for answer in answers)
    assert all(answer.box is not None and answer.box.tolist() == BOX.tolist() for answer in answers)


def test_a_sure_tracker_that_is_wrong_is_started_again_where_the_target_is() -> None:
    tracker, inner, _ = start(ELSEWHERE)
    answers = [tracker.update(LATER) for _ in range(EVERY + PATIENCE + 12)]
    visible = [answer.visible for answer in answers]
    lost = visible.index(False)
    assert lost == EVERY - 1
    assert all(answer.score == 0.0 for answer in answers if answer.visible is False)
    back = visible.index(True, lost)
    assert back >= lost + 2
    assert all(visible[back:])
    assert inner.starts == [BOX.tolist(), ELSEWHERE.tolist()]
    np.testing.assert_array_equal(answers[back].box, ELSEWHERE)
    assert answers[back].score == pytest.approx(0.8), "its usual score"


def test_a_low_score_is_reason_to_look_and_no_more() -> None:
    tracker, inner, look = start(BOX)
    tracker.update(LATER)
    inner.score = 0.3
    assert tracker.update(LATER).visible is True
    assert look.looks == [1]
    assert inner.starts == [BOX.tolist()]


def test_a_tracker_that_says_that_it_sees_nothing_is_believed_and_started_again() -> None:
    tracker, inner, _ = start(BOX)
    inner.visible, inner.score = False, 0.0
    seen = [tracker.update(LATER).visible for _ in range(PATIENCE + 3)]
    assert seen == [False] * (PATIENCE + 2) + [True]
    assert inner.starts == [BOX.tolist(), BOX.tolist()]


def test_it_may_come_back_by_itself() -> None:
    tracker, inner, look = start(None)
    inner.score = 0.8
    for _ in range(EVERY):
        tracker.update(LATER)
    assert tracker.update(LATER).visible is False
    look.target = np.array([30.0, 20.0, 24.0, 16.0])
    seen = [tracker.update(LATER).visible for _ in range(8)]
    assert seen[-1] is True
    assert seen[0] is False


@pytest.mark.parametrize("tiles", [3, 8, 30])
def test_the_budget_holds_with_the_look_at_the_tracker(tiles: int) -> None:
    tracker, _, look = start(None, tiles)
    for _ in range(EVERY + 10):
        look.looks.clear()
        tracker.update(LATER)
        assert sum(look.looks) <= max(tiles, 4)


def test_init_forgets() -> None:
    tracker, inner, look = start(None)
    inner.visible = False
    tracker.update(LATER)
    inner.visible, look.target = None, BOX
    tracker.init(PLAIN, BOX)
    assert tracker.update(LATER).visible is True


@pytest.mark.parametrize("box", [[500.0, 10, 20, 20], [30.0, 20, 0, 16], [np.nan, 20, 24, 16]])
def test_an_impossible_first_box(box: list[float]) -> None:
    tracker, _, _ = start(BOX)
    with pytest.raises(InputError, match="the first box"):
        tracker.init(PLAIN, np.array(box))


def test_update_before_init() -> None:
    with pytest.raises(RuntimeError, match="before init"):
        Redetecting(Scripted(), Watcher(None), Budget(8, "")).update(picture())


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("stdtrack.factory.own_choice", lambda *_: "eager")  # nothing is exported for these weights
    path = tmp_path / "nano.safetensors"
    save_model(path, untrained(NANO), {FACT: as_text(BY_QUALITY)})
    return path


def test_specs(weights: Path) -> None:
    tracker = load_tracker(f"redetect:opencv:kcf?searcher={weights}&tiles=5")
    facts = tracker.describe()
    assert facts["redetect"] == "5 tiles a frame"
    assert facts["algorithm"] == "kcf"
    assert len(facts["searcher_weights_sha256"]) == 64
    tracker.init(picture(), BOX)
    assert np.isfinite(tracker.update(picture(seed=1)).box).all()


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ("redetect:kcf", "no tracker spec"),
        ("redetect:opencv:kfc", "no tracker 'kfc'"),
        ("redetect:opencv:kcf?speed=2", "takes no option 'speed'"),
        ("redetect:opencv:kcf?tiles=0", "out of range"),
        ("redetect:opencv:kcf?searcher=/nowhere.safetensors", "cannot read"),
    ],
)
def test_wrong_specs(spec: str, problem: str, weights: Path) -> None:
    spec = spec if "searcher" in spec else f"{spec}{'&' if '?' in spec else '?'}searcher={weights}"
    with pytest.raises(InputError, match=problem):
        load_tracker(spec)


def test_a_command_behind_the_prefix_is_kept_whole() -> None:
    command = "process:python tool.py --ask what?x=1&y"
    assert TrackerSpec.parse(f"redetect:{command}") == TrackerSpec("redetect", command)
    assert TrackerSpec.parse("module:process?x=1") == TrackerSpec("module", "process", {"x": "1"})


def test_an_option_of_the_tracker_goes_on_to_it() -> None:
    parsed = TrackerSpec.parse("redetect:onnx:nanotrack_v2?weights=a/b c&tiles=5")
    assert (parsed.name, parsed.options) == ("onnx:nanotrack_v2", {"weights": "a/b c", "tiles": "5"})
    assert str(parsed) == "redetect:onnx:nanotrack_v2?weights=a/b c&tiles=5"
