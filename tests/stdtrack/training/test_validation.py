"""Validation by tracking."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from evalkit.errors import InputError
from evalkit.trackers.base import Prediction
from stdtrack.checkpoints import save_model, untrained
from stdtrack.cli.validate import validate
from stdtrack.configs import NANO
from stdtrack.training.annotated_video import Footage
from stdtrack.training.config_file import load_config
from stdtrack.training.validation import (
    SequenceOutcome,
    Validation,
    build_validation,
    lost_auroc,
    parts_of,
    summarise,
    track_footage,
)


class Oracle:
    """Knows every box; its score says so, and in frame 3 it is wrong and knows that, too."""

    def __init__(self, boxes: np.ndarray) -> None:
        self.boxes, self.index = boxes, 0

    def init(self, image: np.ndarray, box: np.ndarray) -> None:
        assert box.tolist() == self.boxes[1].tolist(), "starts at the first visible frame"
        self.index = 1

    def update(self, image: np.ndarray) -> Prediction:
        self.index += 1
        wrong = self.index == 3
        return Prediction(self.boxes[self.index] + 100 * wrong, 0.1 if wrong else 0.9)


class Blank:
    def __init__(self, count: int) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count

    def read(self, index: int) -> np.ndarray:
        return np.zeros((8, 8, 3), np.uint8)

    def name(self, index: int) -> str:
        return str(index)


def footage(count: int) -> Footage:
    visible = np.ones(count, dtype=bool)
    visible[[0, 4]] = False
    return Footage("s", Blank(count), np.tile([5.0, 5, 9, 9], (count, 1)) + np.arange(count)[:, None], visible)


def test_visible_frames_after_the_first_are_scored() -> None:
    clip = footage(8)
    track = track_footage(Oracle(clip.boxes), clip, 0)
    # Frames 2 to 7 without the invisible 4; frame 3 is wrong.
    assert track.iou.tolist() == [1, 0, 1, 1, 1]
    # IoU 1 exceeds all thresholds but 1 itself.
    assert np.isclose(track.auc, 4 / 5 * 20 / 21)
    assert len(track_footage(Oracle(clip.boxes), clip, 4).iou) == 2, "four frames from the first: two are scored"


def test_the_summary_is_a_mean_over_sequences_and_a_rank_correlation_over_frames() -> None:
    good, bad = (
        SequenceOutcome("a", np.ones(10), np.linspace(0.8, 0.9, 10)),
        SequenceOutcome("b", np.zeros(2), np.array([0.1, 0.2])),
    )
    score = summarise([good, bad])
    assert np.isclose(score.auc, (20 / 21 + 0) / 2)
    assert score.spearman > 0.6
    assert summarise([good]).spearman == 0, "constant IoU has no rank"


def test_left_out_sequences_are_found_and_unknown_ones_named(tiny: Path) -> None:
    config = load_config(tiny / "tiny.toml")
    assert [item.name for item in build_validation(config).sequences] == ["c"]
    wrong = dataclasses.replace(config, validation=dataclasses.replace(config.validation, names=("c", "d")))
    with pytest.raises(InputError, match="'d' is not in any video source"):
        build_validation(wrong)


def test_the_standard_error_is_over_scenes_not_over_tracks() -> None:
    def track(scene: str, iou: float) -> SequenceOutcome:
        return SequenceOutcome("x", np.full(4, iou), np.array([0.1, 0.2, 0.3, 0.4]), scene)

    # Scene "a" has two tracks of IoU 1 and 0, "b" one of 0.8: each scene counts once.
    score = summarise([track("a", 1.0), track("a", 0.0), track("b", 0.8)])
    a, b = (20 / 21 + 0) / 2, 16 / 21
    assert score.scenes == pytest.approx({"a": a, "b": b})
    assert score.auc == pytest.approx((a + b) / 2)
    assert score.error == pytest.approx(abs(a - b) / 2), "of two values: half their distance"
    assert score.sr75 == pytest.approx((0.5 + 1) / 2)
    assert np.isnan(summarise([track("a", 1.0)]).error), "one scene says nothing about spread"


def test_lost_frames_are_told_by_a_low_score() -> None:
    iou = np.array([0.0, 0.05, 0.6, 0.8])
    assert lost_auroc(iou, np.array([0.1, 0.2, 0.3, 0.4])) == 1
    assert lost_auroc(iou, np.array([0.4, 0.3, 0.2, 0.1])) == 0
    assert lost_auroc(iou, np.ones(4)) == 0.5
    assert np.isnan(lost_auroc(np.ones(4), np.ones(4)))


def numbered(count: int) -> Footage:
    boxes = np.tile([0.0, 0, 9, 9], (count, 1))
    boxes[:, 0] = np.arange(count)
    return Footage("s", Blank(count), boxes, np.ones(count, dtype=bool), "place")


def test_parts_start_evenly_and_run_both_ways() -> None:
    parts = parts_of(numbered(9), starts=3, backwards=True)
    assert [part.boxes[:, 0].tolist() for part in parts] == [
        list(range(9)),
        list(range(3, 9)),
        list(range(6, 9)),
        list(range(8, -1, -1)),
        list(range(5, -1, -1)),
        list(range(2, -1, -1)),
    ]
    assert [part.frames.name(0) for part in parts] == ["0", "3", "6", "8", "5", "2"]
    assert {part.scene for part in parts} == {"place"}
    assert len(parts_of(numbered(3), starts=3, backwards=False)) == 2, "one frame alone is no track"


def test_every_part_is_tracked_by_a_new_tracker() -> None:
    made: list[Still] = []

    class Still:
        def init(self, image: np.ndarray, box: np.ndarray) -> None:
            self.box = box

        def update(self, image: np.ndarray) -> Prediction:
            return Prediction(self.box, 1.0)

    def make() -> Still:
        made.append(Still())
        return made[-1]

    score = Validation([numbered(8)], frames=3, starts=2, backwards=True).judge(make)
    assert [tracker.box[0] for tracker in made] == [0, 4, 7, 3]
    # Three frames a track: the first is given, then the target is 1 and 2 of its 9 pixels away.
    assert all(track.iou.tolist() == pytest.approx([8 / 10, 7 / 11]) for track in score.tracks)


def test_a_track_without_a_frame_to_score_is_no_track_of_auc_0() -> None:
    visible = np.ones(12, dtype=bool)
    visible[1:6] = False
    hidden = dataclasses.replace(numbered(12), visible=visible)

    class Following:
        """Finds the target, which moves by a pixel a frame."""

        def init(self, image: np.ndarray, box: np.ndarray) -> None:
            self.box = box

        def update(self, image: np.ndarray) -> Prediction:
            self.box = self.box + np.array([1.0, 0, 0, 0])
            return Prediction(self.box, 1.0)

    # From its start the target is seen in the first of four frames alone, from the middle on in all.
    score = Validation([hidden], frames=4, starts=2).judge(Following)
    assert [len(track.iou) for track in score.tracks] == [3]
    assert score.auc == pytest.approx(20 / 21)
    assert score.sr75 == 1.0
    with pytest.raises(InputError, match=r"no frame .* would be scored .raise validation.frames"):
        Validation([hidden], frames=1).judge(Following)


def test_trackers_are_compared_on_what_was_left_out(tiny: Path) -> None:
    save_model(tiny / "own.safetensors", untrained(NANO))
    (tiny / "got10k" / "train" / "list.txt").write_text("a\nb\nc\n")
    command = [str(tiny / "tiny.toml"), "opencv:kcf", str(tiny / "own.safetensors")]
    result = CliRunner().invoke(validate, [*command, "--set", 'validation.names=["b","c"]'], catch_exceptions=False)
    first, second, paired = result.output.splitlines()
    assert first.startswith("opencv:kcf: AUC")
    assert "over 2 scenes" in second
    assert "of 2 scenes): no difference can be claimed" in paired
