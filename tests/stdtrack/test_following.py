"""The next box of one target in floats, bit for bit beside the same rule on arrays."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stdtrack.configs import OnlineConfig
from stdtrack.following import next_box, visible_part

SIDES = st.integers(1, 4000)
NUMBERS = st.one_of(st.floats(-1e4, 1e4), st.just(float("nan")))
BOXES = st.lists(NUMBERS, min_size=4, max_size=4).map(np.array)


def on_arrays(last: np.ndarray, found: np.ndarray, quality: float, image: np.ndarray, smoothing: float) -> np.ndarray:
    rate = (1.0 - smoothing) * quality
    limits = np.array(image.shape[1::-1], dtype=np.float64)
    size = np.clip((1.0 - rate) * last[2:] + rate * found[2:], 1.0, limits)
    centre = np.clip(found[:2] + found[2:] / 2, 0.0, limits)
    return np.concatenate((centre - size / 2, size))


def cut_on_arrays(box: np.ndarray, image: np.ndarray) -> np.ndarray:
    limits = np.array(image.shape[1::-1], dtype=np.float64)
    corner = np.clip(box[:2], 0.0, limits - 1.0)
    end = np.clip(box[:2] + box[2:], corner + 1.0, limits)
    return np.concatenate((corner, end - corner))


@given(SIDES, SIDES, BOXES, BOXES, st.floats(0, 1), st.floats(0, 1))
def test_the_next_box(
    height: int, width: int, last: np.ndarray, found: np.ndarray, quality: float, smoothing: float
) -> None:
    image = np.broadcast_to(np.uint8(0), (height, width, 3))
    box = next_box(last, found, quality, image, OnlineConfig(size_smoothing=smoothing))
    np.testing.assert_array_equal(box, on_arrays(last, found, quality, image, smoothing))
    assert box.dtype == np.float64


@given(SIDES, SIDES, BOXES)
def test_the_visible_part(height: int, width: int, box: np.ndarray) -> None:
    image = np.broadcast_to(np.uint8(0), (height, width, 3))
    part = visible_part(box, image)
    np.testing.assert_array_equal(part, cut_on_arrays(box, image))
    assert part.dtype == np.float64


def test_a_lost_answer_moves_nothing() -> None:
    last, image = np.array([1.0, 2, 3, 4]), np.zeros((9, 9, 3), np.uint8)
    assert next_box(last, last + 5, 0.1, image, OnlineConfig(lost_quality=0.2)) is last
