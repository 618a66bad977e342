"""Laws of overlaps and centre errors, and the cases where the variants differ."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evalkit import boxes
from evalkit.reading.tables import read_table
from evalkit.types import Boxes, Vector

VARIANTS = [boxes.iou_inclusive, boxes.iou_continuous, boxes.iou_got10k]
Variant = Callable[[Boxes, Boxes], Vector]

corner = st.floats(-500, 500)
side = st.floats(0.5, 500)
box = st.tuples(corner, corner, side, side).map(lambda values: np.array([values]))


@pytest.mark.parametrize("iou", VARIANTS)
@given(first=box, second=box)
def test_symmetric_and_within_unit_interval(iou: Variant, first: Boxes, second: Boxes) -> None:
    one, other = iou(first, second)[0], iou(second, first)[0]
    assert one == pytest.approx(other, abs=1e-12)
    assert -1e-12 <= one <= 1 + 1e-9


@pytest.mark.parametrize("iou", VARIANTS)
@given(first=box, second=box, shift=st.tuples(corner, corner), scale=st.floats(0.1, 10))
def test_shift_and_scale_change_nothing(
    iou: Variant, first: Boxes, second: Boxes, shift: tuple[float, float], scale: float
) -> None:
    moved = [(each + np.array([*shift, 0, 0])) * scale for each in (first, second)]
    assert iou(*moved)[0] == pytest.approx(iou(first, second)[0], abs=1e-6)


@pytest.mark.parametrize("iou", VARIANTS)
@given(each=box)
def test_a_box_overlaps_itself(iou: Variant, each: Boxes) -> None:
    assert iou(each, each)[0] == pytest.approx(1, abs=1e-9)


@given(first=box, second=box)
def test_variants_agree_up_to_rounding(first: Boxes, second: Boxes) -> None:
    values = [iou(first, second)[0] for iou in VARIANTS]
    assert max(values) - min(values) < 1e-9


def test_inclusive_skips_a_nan_corner_as_matlab_does() -> None:
    """Only x is NaN: min and max take the other box's side, so that the overlap is that of y alone."""
    predicted, truth = np.array([[np.nan, 0, 10, 10.0]]), np.array([[5, 0, 10, 10.0]])
    assert boxes.iou_inclusive(predicted, truth)[0] == 1
    assert np.isnan(boxes.iou_continuous(predicted, truth)[0])


def test_empty_boxes() -> None:
    """Union 0: NaN by pysot, 0 by got10k, whose union has an epsilon."""
    nothing = np.array([[3, 3, 0, 0.0]])
    assert np.isnan(boxes.iou_continuous(nothing, nothing)[0])
    assert boxes.iou_got10k(nothing, nothing)[0] == 0


@given(each=box)
def test_a_box_inside_the_image_stays(each: Boxes) -> None:
    inside = np.abs(each)
    size = (2000, 2000)
    np.testing.assert_array_equal(boxes.shift_into_image(inside, size), inside)


@given(arrays(np.float64, (5, 4), elements=st.floats(-1e3, 1e3)))
def test_moved_boxes_lie_in_the_image(many: Boxes) -> None:
    moved = boxes.shift_into_image(many, (640, 360))
    assert (moved >= 0).all()
    assert (moved[:, :2] + moved[:, 2:] <= np.array([640, 360]) + 1e-9).all()


def test_a_box_left_of_the_image_keeps_its_width() -> None:
    """got10k shifts instead of cutting: -30..20 becomes 0..50."""
    np.testing.assert_array_equal(boxes.shift_into_image(np.array([[-30, 0, 50, 10.0]]), (640, 360)), [[0, 0, 50, 10]])


@given(first=box, second=box)
def test_normalized_errors_agree_up_to_rounding(first: Boxes, second: Boxes) -> None:
    divided = boxes.normalized_error(first, second)
    assert divided == pytest.approx(boxes.normalized_error_subtract_first(first, second), rel=1e-6, abs=1e-6)
    assert boxes.normalized_error(first, second, eps=1e-16) == pytest.approx(divided, rel=1e-6, abs=1e-6)


def test_got10k_divides_by_at_least_one_pixel() -> None:
    predicted, truth = np.array([[10, 0, 0.5, 1.0]]), np.array([[0, 0, 0.5, 1.0]])
    assert boxes.normalized_error_subtract_first(predicted, truth)[0] == 20
    assert boxes.normalized_error_subtract_first(predicted, truth, at_least=1.0)[0] == 10


@given(
    st.floats(60, 500),
    st.floats(60, 500),
    st.floats(8, 50),
    st.floats(8, 50),
    st.floats(-0.05, 0.05),
    st.integers(1, 5),
)
def test_corners_are_told_from_boxes(x: float, y: float, w: float, h: float, drift: float, frames: int) -> None:
    time = np.arange(frames + 1)[:, None]
    moving = np.array([x, y, w, h]) + time * np.array([drift * w, drift * h, 0.0, 0.0])
    corners = np.concatenate([moving[:1], np.c_[moving[1:, :2], moving[1:, :2] + moving[1:, 2:]]])
    assert boxes.look_like_corners(corners)
    assert not boxes.look_like_corners(moving)


def test_no_real_result_looks_like_corners(shared: Path) -> None:
    files = sorted(shared.glob("golden/OTB100/**/*.txt"))[:120]
    tables = [table for table in map(read_table, files) if table.shape[1] == 4 and len(table) > 1]
    assert len(tables) > 50
    assert not any(boxes.look_like_corners(table) for table in tables)
