"""Regions as pixels: laws of the overlap, and supervised trajectories."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import InputError
from evalkit.vot.overlap import pysot_overlaps, toolkit_overlaps
from evalkit.vot.trajectory import Trajectory, from_regions, is_supervised, parse_trajectory

coordinate = st.integers(-50, 400)
rectangle = st.tuples(coordinate, coordinate, st.integers(2, 120), st.integers(2, 120))
SIZE = (320, 240)


def region(*numbers: float) -> Trajectory:
    values = np.array([numbers], dtype=float)
    return from_regions(values[:, :4], values if len(numbers) == 8 else None)


@given(first=rectangle, second=rectangle)
def test_overlap_is_symmetric_and_a_fraction(first: tuple[int, ...], second: tuple[int, ...]) -> None:
    for overlaps in (toolkit_overlaps, pysot_overlaps):
        one = overlaps(region(*first), region(*second), SIZE)[0]
        assert one == overlaps(region(*second), region(*first), SIZE)[0]
        assert 0 <= one <= 1


@given(first=rectangle, second=rectangle)
def test_whole_rectangles_are_counted_exactly(first: tuple[int, ...], second: tuple[int, ...]) -> None:
    """vot-toolkit covers x to x + w - 1: the plain IoU of integer rectangles, without bounds."""
    x, y = (min(first[k] + first[k + 2], second[k] + second[k + 2]) - max(first[k], second[k]) for k in (0, 1))
    common = max(x, 0) * max(y, 0)
    union = first[2] * first[3] + second[2] * second[3] - common
    assert toolkit_overlaps(region(*first), region(*second), None)[0] == pytest.approx(common / union)


def test_pixels_outside_of_the_image_do_not_count() -> None:
    half_out = region(-10, 0, 20, 10)
    assert toolkit_overlaps(half_out, region(0, 0, 10, 10), SIZE)[0] == 1
    assert toolkit_overlaps(region(-90, 0, 20, 10), region(-90, 0, 20, 10), SIZE)[0] == 0


def test_a_polygon_of_a_rectangles_last_pixels_is_that_rectangle() -> None:
    polygon = region(10, 20, 39, 20, 39, 59, 10, 59)
    assert toolkit_overlaps(region(10, 20, 30, 40), polygon, SIZE)[0] == 1


def test_codes_have_no_overlap() -> None:
    trajectory = parse_trajectory(b"1\n10,20,30,40\n2\n0\n", "a.txt")
    truth = from_regions(np.tile([10.0, 20, 30, 40], (4, 1)), None)
    assert toolkit_overlaps(trajectory, truth, SIZE).tolist() == [0, 1, 0, 0]
    np.testing.assert_array_equal(pysot_overlaps(trajectory, truth, SIZE), [np.nan, 1, np.nan, np.nan])


@pytest.mark.parametrize(
    ("content", "expected"), [(b"1\n1,2,3,4\n", True), (b"1.0\n", True), (b"1,2,3,4\n", False), (b"", False)]
)
def test_supervised_results_begin_with_an_initialisation(content: bytes, expected: bool) -> None:
    assert is_supervised(content) is expected


@given(content=st.binary(max_size=120))
def test_any_bytes_are_a_trajectory_or_a_clear_error(content: bytes) -> None:
    try:
        rows = len(parse_trajectory(content, "a.txt"))
    except InputError as error:
        rows = error.row or 0
    assert rows > 0
