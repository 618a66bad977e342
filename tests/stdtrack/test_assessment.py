"""Self-assessment: probabilities, hysteresis, what is stored with weights, and what the tracker then says."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import numpy as np
import pytest

from evalkit.errors import InputError
from stdtrack.assessment import (
    CONFIRMING,
    FACT,
    Assessment,
    Calibration,
    Limits,
    as_text,
    assess,
    from_text,
    next_status,
)
from stdtrack.checkpoints import save_model
from stdtrack.cues import Cues
from stdtrack.inference.exporting import export
from stdtrack.inference.networks import Exported
from stdtrack.tracker import STDTracker
from tests.stdtrack.test_tracker import Fixed, picture
from tests.stdtrack.tiny import TINY, make

NOTHING = Cues(0.0, 0.0)
LIMITS = Limits(0.3, 0.45, 0.6)
PRESENT, UNCERTAIN, LOST = LIMITS
BY_QUALITY = Calibration(0.0, NOTHING, NOTHING._replace(quality=-1.0), 0.8, LIMITS, {"frames": "7"})
"""The probability of being lost is 1 - the quality."""


def cues(quality: float) -> Cues:
    return NOTHING._replace(quality=math.log(quality / (1 - quality)))


def statuses(chances: list[float]) -> list[str]:
    status, confirmed, seen = "present", 0, []
    for chance in chances:
        status, confirmed = next_status(status, confirmed, chance, LIMITS)
        seen.append(status)
    return seen


def test_one_status_is_left_at_another_probability_than_the_other() -> None:
    between = (PRESENT + UNCERTAIN) / 2
    assert statuses([0.0, between, UNCERTAIN, between, PRESENT, between]) == [
        "present", "present", "uncertain", "uncertain", "present", "present",
    ]  # fmt: skip


def test_lost_at_once_and_present_after_three_frames_in_a_row() -> None:
    good = [PRESENT] * (CONFIRMING - 1)
    assert statuses([LOST]) == ["lost"]
    assert statuses([LOST, *good, UNCERTAIN, *good]) == ["lost"] * (2 + 2 * len(good))
    assert statuses([LOST, *good, PRESENT])[-1] == "present"


def test_the_probability_is_that_of_the_running_mean() -> None:
    first = assess(None, cues(0.9), BY_QUALITY)
    assert first.lost == pytest.approx(0.1)
    second = assess(first, cues(0.1), BY_QUALITY)
    assert second.lost == pytest.approx(0.5), "log-odds of 0.9 and 0.1, half each"
    assert second.status == "uncertain"
    third = assess(second, cues(0.1), BY_QUALITY)
    assert third.lost == pytest.approx(1 / (1 + math.exp(-math.log(9) / 2)))
    assert third.status == "lost"


def test_the_score_is_the_overlap_of_what_is_not_lost_by_the_chance_of_that() -> None:
    assert BY_QUALITY.score(0.0) == pytest.approx(0.8)
    assert BY_QUALITY.score(0.25) == pytest.approx(0.6)
    assert BY_QUALITY.score(1.0) == 0.0


def test_far_from_all_data_it_is_sure_and_finite() -> None:
    wild = dataclasses.replace(BY_QUALITY, weights=NOTHING._replace(quality=-1e6))
    assert wild.lost(cues(0.9)) < 1e-9
    assert wild.lost(cues(0.1)) > 1 - 1e-9


def test_text_and_back() -> None:
    assert from_text(as_text(BY_QUALITY)) == BY_QUALITY


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda content: content.pop("bias"), "is damaged"),
        (lambda content: content["cues"].pop("entropy"), "is damaged"),
        (lambda content: content["cues"]["entropy"].update(weight="much"), "is damaged"),
        (lambda content: content.pop("overlap"), "is damaged"),
        (lambda content: content.update(overlap=math.inf), "not finite"),
        (lambda content: content.update(data=[1]), "is damaged"),
        (lambda content: content.pop("limits"), "is damaged"),
        (lambda content: content["limits"].update(lost=0.1), "limits out of order"),
        (lambda content: content["limits"].update(present=math.nan), "limits out of order"),
        (lambda content: content["cues"]["entropy"].update(mean=math.inf), "not finite"),
        (lambda content: content.update(bias=math.nan), "not finite"),
    ],
)
def test_a_damaged_calibration_is_refused(change: object, problem: str, tmp_path: Path) -> None:
    content = json.loads(as_text(BY_QUALITY))
    change(content)
    path = tmp_path / "w.safetensors"
    save_model(path, make(TINY), {FACT: json.dumps(content)})
    with pytest.raises(InputError, match=problem) as error:
        STDTracker.load(path)
    assert error.value.path == str(path) or error.value.path == path


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "null"])
def test_no_calibration_at_all(text: str) -> None:
    with pytest.raises(InputError, match="is damaged"):
        from_text(text)


def test_the_tracker_says_so_and_its_boxes_are_as_before(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    save_model(path, make(TINY), {FACT: as_text(BY_QUALITY)})
    judged, plain = STDTracker.load(path), STDTracker(make(TINY))
    for tracker in (judged, plain):
        tracker.init(picture(), np.array([30.0, 20.0, 24.0, 16.0]))
    for index in range(6):
        one, other = judged.update(picture(seed=index)), plain.update(picture(seed=index))
        np.testing.assert_array_equal(one.box, other.box)
        assert one.score == pytest.approx(0.8 * (1 - judged.assessment.lost))
        assert other.visible is None
        assert one.visible is (judged.assessment.status != "lost")
    assert plain.assessment is None


def test_a_target_that_is_lost_is_not_visible_and_init_forgets_it() -> None:
    tracker = STDTracker(make(TINY), calibration=BY_QUALITY)
    tracker.init(picture(), np.array([30.0, 20.0, 24.0, 16.0]))
    assert tracker.assessment is None
    tracker.use(Fixed(tracker, 0.9))
    assert tracker.update(picture()).visible is True
    tracker.use(Fixed(tracker, 0.05))
    assert [tracker.update(picture()).visible for _ in range(3)] == [True, False, False]
    tracker.init(picture(), np.array([30.0, 20.0, 24.0, 16.0]))
    tracker.use(Fixed(tracker, 0.9))
    assert tracker.update(picture()).visible is True
    assert isinstance(tracker.assessment, Assessment)


def test_an_exported_network_keeps_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stdtrack.inference.exporting._write_graphs", lambda *_: None)
    folder = tmp_path / "exported"
    export(STDTracker(make(TINY), calibration=BY_QUALITY), "torch-export", folder)
    assert from_text(Exported.read(folder).facts[FACT]) == BY_QUALITY
