"""Results far from the ground truth in their first frames: the likely mistake is named."""

from __future__ import annotations

import numpy as np
import pytest

from evalkit.scoring.tracker import describe_mistakes, likely_mistake

TRUTH = np.array([[200.0, 100, 40, 60], [203.0, 102, 40, 60]])
CORNERS = "x1,y1,x2,y2 corners instead of x,y,w,h"


@pytest.mark.parametrize(
    ("predicted", "problem"),
    [
        ([200, 100, 40, 60], None),
        ([200.5, 100.5, 40, 60], None),  # pysot's first row
        ([203, 98, 42, 57], None),
        ([199, 99, 40, 60], "0-based instead of 1-based coordinates"),
        ([201, 101, 40, 60], "1-based instead of 0-based coordinates"),
        ([201, 100, 40, 60], None),
        ([200, 100, 240, 160], CORNERS),
        ([199, 99, 239, 159], CORNERS),
        ([220, 130, 40, 60], "the centre instead of the top-left corner"),
        ([100, 200, 60, 40], "y,x,h,w instead of x,y,w,h"),
        ([0.3, 0.2, 0.06, 0.12], "coordinates as fractions of the image"),
        ([500, 10, 40, 60], "far from the ground truth"),
        ([np.nan, 100, 40, 60], "far from the ground truth"),
        ([np.inf, -np.inf, np.inf, 60], "far from the ground truth"),
    ],
)
def test_likely_formats(predicted: list[float], problem: str | None) -> None:
    expected = None if problem is None else ("frame 0", problem)
    assert likely_mistake(np.array([predicted], dtype=float), TRUTH[:1]) == expected


def test_a_first_row_that_was_given_hides_nothing() -> None:
    """Trackers copy the given box, and then write what they were not asked for."""
    corners = TRUTH + np.hstack([np.zeros((2, 2)), TRUTH[:, :2]])
    assert likely_mistake(np.array([TRUTH[0], corners[1] + 2]), TRUTH) == ("frame 1", CORNERS)
    assert likely_mistake(np.array([corners[0], TRUTH[1]]), TRUTH) == ("frame 0 alone", CORNERS)
    assert likely_mistake(corners, TRUTH) == ("frame 0", CORNERS)
    assert likely_mistake(TRUTH + 3, TRUTH) is None
    assert likely_mistake(np.array([TRUTH[0], [500, 10, 40, 60]]), TRUTH) is None  # lost its target at once
    assert likely_mistake(TRUTH, np.array([TRUTH[0], [np.nan] * 4])) is None


def test_one_warning_a_kind() -> None:
    far, corners = ("frame 0", "far"), ("frame 0 alone", "corners")
    assert describe_mistakes([("a", None), ("b", far), ("c", corners), ("d", far)]) == (
        "WARNING: frame 0 of 2 sequences (b, ...) looks wrong: far",
        "WARNING: frame 0 alone of c looks wrong: corners",
    )


@pytest.mark.parametrize("shift", ["0-based instead of 1-based coordinates", "1-based instead of 0-based coordinates"])
def test_rounding_in_a_few_sequences_is_no_other_origin(shift: str) -> None:
    """OpenCV's KCF rounds its boxes: in 1 of OTB's sequences the first lies a pixel beside the given one."""
    moved = ("frame 0", shift)
    assert describe_mistakes([("a", moved), *((str(number), None) for number in range(69))]) == ()
    assert describe_mistakes([("a", moved), ("b", None)]) == ()
    assert describe_mistakes([("a", moved), ("b", None), ("c", moved)]) == (
        f"WARNING: frame 0 of 2 sequences (a, ...) looks wrong: {shift}",
    )
    assert len(describe_mistakes([("a", moved)])) == 1


def test_frame_1_is_believed_if_most_sequences_agree() -> None:
    second = ("frame 1", "corners")
    assert describe_mistakes([("a", None), ("b", second)]) == ()
    (warning,) = describe_mistakes([("a", None), ("b", second), ("c", second)])
    assert warning == "WARNING: frame 1 of 2 sequences (b, ...) looks wrong: corners"
