"""Trackers over footage, one frame at a time; whose fault it is when one fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evalkit.errors import InputError
from evalkit.trackers.base import Prediction
from stdtrack.video.following import follow, open_footage

BOX = np.array([1.0, 2.0, 3.0, 4.0])


class Still:
    """Always the first box."""

    def init(self, image: np.ndarray, box: np.ndarray) -> None:
        self.box = box

    def update(self, image: np.ndarray) -> Prediction:
        return Prediction(self.box, 0.5)


class Failing(Still):
    def update(self, image: np.ndarray) -> Any:
        raise ValueError("no such thing")


def test_every_tracker_sees_every_frame(folder: Path) -> None:
    trackers = {"a": Still(), "b": Still()}
    results = follow(trackers, open_footage(folder), BOX)
    first = next(results)
    assert [(found.prediction.score, found.rate) for found in first.found.values()] == [(1.0, 0.0)] * 2
    trackers["b"].box = np.array([9.0, 9, 9, 9])
    rest = list(results)
    assert len(rest) == 5
    assert all(found.rate > 0 for each in rest for found in each.found.values())
    assert [list(each.found) for each in rest] == [["a", "b"]] * 5
    np.testing.assert_array_equal(rest[0].found["a"].prediction.box, BOX)
    np.testing.assert_array_equal(rest[0].found["b"].prediction.box, [9.0, 9, 9, 9])


def test_a_box_is_checked_whoever_tracks(folder: Path) -> None:
    tracker = Still()
    results = follow({"t": tracker}, open_footage(folder), BOX)
    next(results)
    tracker.box = [5, 6, 7, 8]  # type: ignore[assignment]
    np.testing.assert_array_equal(next(results).found["t"].prediction.box, [5.0, 6.0, 7.0, 8.0])
    tracker.box = np.array([5, 6, np.nan, 8])
    with pytest.raises(InputError, match=r"t: frame 2: .* is not four finite numbers"):
        next(results)


def test_a_tracker_that_fails_is_named_with_its_code(folder: Path) -> None:
    with pytest.raises(InputError) as said:
        list(follow({"mine:T": Failing()}, open_footage(folder), BOX))
    assert str(said.value).startswith("mine:T: frame 1: ValueError: no such thing (Failing.update, ")
    assert "test_following.py:" in str(said.value)
