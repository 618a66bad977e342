"""Boxes out of the parameters of OTB's toolkit: values worked out by hand from its MATLAB code's formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest

from evalkit.results.formats.otb_shapes import boxes_of


def test_boxes_are_kept() -> None:
    rows = np.array([[1.5, 2, 3, 4], [np.nan, 0, -1, 0]])
    np.testing.assert_array_equal(boxes_of("rect", rows, None), rows)


def test_a_centred_template_is_floored() -> None:
    """-16 * 0.5 + 270.9 = 262.9 and 16 * 0.5 + 270.9 = 278.9: 262 and 278, so 16 wide, without a pixel added."""
    rows = np.array([[270.9, 107.2, 0.5, 0.0, 0.0, 0.8125], [10.0, 20.0, -0.5, 0.0, 0.0, 0.5]])
    found = boxes_of("ivtAff", rows, (32, 32))
    assert found.tolist() == [[262, 94, 16, 26], [18, 12, -16, 16]]
    # Skew moves the corners and is otherwise dropped: x = 10 -+ (2 * 3 + 1 * 5), y = 20 -+ (0 * 3 + 1 * 5).
    assert boxes_of("IVTAFF", np.array([[10.0, 20, 2, 1, 0, 1]]), (6, 10)).tolist() == [[-1, 15, 22, 10]]


def test_a_template_of_rows_and_columns_is_rounded() -> None:
    """(1, 1) goes to row 2 + 0.5 + 10 and column 0 + 3 + 20; (4, 5) to row 8 + 2.5 + 10 and column 0 + 15 + 20."""
    found = boxes_of("L1Aff", np.array([[2.0, 0.5, 0.0, 3.0, 10.0, 20.0]]), (4, 5))
    assert found.tolist() == [[23, 13, 35 - 23 + 1, 21 - 13 + 1]]  # 12.5 and 20.5 are rounded away from zero


def test_warps_have_no_identity_of_their_own() -> None:
    """M = [1.5 0 9; 0 1 19]: x of (1 and 8) is 10.5 and 21, y of (1 and 6) is 20 and 25; halves are rounded up."""
    rows = np.array([[0.5, 0.0, 9.0], [0.0, 0.0, 19.0]])
    assert boxes_of("LK_Aff", rows, (6, 8)).tolist() == [[11, 20, 12, 6]]
    assert len(boxes_of("LK_Aff", np.vstack([rows, rows]), (6, 8))) == 2


def test_a_similarity_is_a_warp_with_its_identity() -> None:
    """A quarter turn: x = -2 v + 50, y = 2 u + 60 for u in 1..8 and v in 1..6."""
    found = boxes_of("SIMILARITY", np.array([[2.0, math.pi / 2, 50.0, 60.0]]), (6, 8))
    assert found.tolist() == [[38, 62, 11, 15]]


@pytest.mark.parametrize("kind", ["4corner", "affine"])
def test_corners_stand_in_two_rows(kind: str) -> None:
    rows = np.array([[10.0, 30, 32, 9], [5.0, 4, 24, 25], [1.0, 3, 3, 1], [1.0, 1, 2, 2]])
    assert boxes_of(kind, rows, None).tolist() == [[9, 4, 24, 22], [1, 1, 3, 2]]


@pytest.mark.parametrize(
    ("kind", "shape", "template", "problem"),
    [
        ("circle", (2, 4), None, "the type 'circle' is unknown"),
        ("rect", (2, 6), None, "2 x 6, but the type 'rect' has 4 columns"),
        ("ivtAff", (2, 6), None, "needs 'tmplsize'"),
        ("LK_Aff", (3, 3), (2, 2), "two rows a frame, but 'res' has 3"),
        ("rect", (0, 4), None, "0 x 4"),
        ("rect", (4,), None, "'res' is 4,"),
    ],
)
def test_what_fits_no_type(
    kind: str, shape: tuple[int, ...], template: tuple[float, float] | None, problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        boxes_of(kind, np.ones(shape), template)
