"""Colours of boxes: shares of bins, and how much two have in common."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stdtrack.redetection.colours import BINS, INNER, colours, similarity

NOISE = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)


def test_shares_are_those_of_the_pixels_in_the_inner_part() -> None:
    image = np.zeros((100, 100, 3), np.uint8)
    image[:, 50:] = (255, 0, 64)
    found = colours(image, np.array([40.0, 40.0, 20.0, 20.0]))
    assert found[0] ** 2 == pytest.approx(0.5)
    assert found[(BINS - 1) * BINS**2 + 2] ** 2 == pytest.approx(0.5)
    ringed = image.copy()
    ringed[40:60, 40:60] = (0, 255, 0)
    rim = round(20 * (1 - INNER) / 2)
    ringed[40 + rim : 60 - rim, 40 + rim : 60 - rim] = 0
    assert colours(ringed, np.array([40.0, 40.0, 20.0, 20.0]))[0] == pytest.approx(1.0), "the rim does not count"


@given(st.lists(st.floats(-200, 200), min_size=4, max_size=4))
def test_any_box_has_shares_that_sum_to_one_or_none_at_all(box: list[float]) -> None:
    found = colours(NOISE, np.array(box))
    assert float((found**2).sum()) == pytest.approx(1.0) or not found.any()
    assert 0.0 <= similarity(found, colours(NOISE, np.array([5.0, 5, 30, 30]))) <= 1.0 + 1e-12


@pytest.mark.parametrize("box", [[500.0, 0, 10, 10], [np.nan, 0, 10, 10], [0, 0, np.inf, 10], [-50.0, -50, 20, 20]])
def test_nothing_in_the_image_is_like_nothing(box: list[float]) -> None:
    assert not colours(NOISE, np.array(box)).any()


def test_alike_is_one_and_nothing_in_common_is_none() -> None:
    same = colours(NOISE, np.array([5.0, 5, 40, 40]))
    assert similarity(same, same) == pytest.approx(1.0)
    black, white = (colours(np.full((9, 9, 3), value, np.uint8), np.array([0.0, 0, 9, 9])) for value in (0, 255))
    assert similarity(black, white) == 0.0


def test_a_large_box_is_read_in_steps_and_is_nearly_the_same() -> None:
    image = np.repeat(np.repeat(NOISE // 128 * 128, 10, axis=0), 10, axis=1)
    large, small = colours(image, np.array([0.0, 0, 800, 600])), colours(NOISE // 128 * 128, np.array([0.0, 0, 80, 60]))
    assert similarity(large, small) > 0.98
