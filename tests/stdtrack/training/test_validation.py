"""Validation by tracking."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from evalkit.errors import InputError
from evalkit.trackers.base import Prediction
from stdtrack.training.config_file import load_config
from stdtrack.training.footage import Footage
from stdtrack.training.validation import SequenceOutcome, build_validation, summarise, track_footage


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
