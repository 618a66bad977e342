"""Results far from the ground truth in their first frames: the likely mistake is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evalkit.reading.tables import read_boxes
from evalkit.results.formats.result_file import parse_result
from evalkit.scoring.tracker import describe_mistakes, describe_shift, likely_mistake, shifted_by

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


@pytest.mark.parametrize("moved", [0.0, 1.5])
def test_a_target_that_hardly_moves_tells_no_shift(moved: float) -> None:
    truth = np.array([[100.0 + moved * frame, 100, 40, 60] for frame in range(60)])
    assert shifted_by(truth[1:], truth) is None


@pytest.mark.parametrize("rows", [1, 2, 3, 12])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e308])
def test_rows_that_are_no_box_tell_no_shift(rows: int, value: float) -> None:
    truth = np.array([[100.0 + 9 * frame, 100, 40, 60] for frame in range(12)])
    assert shifted_by(np.full((rows, 4), value), truth) is None


def test_a_shift_is_said_if_most_sequences_show_it() -> None:
    (said,) = describe_shift([-1] * 8 + [0] * 2 + [None] * 90)
    fit = "in 8 of 10 sequences boxes fit the frame before better than their own"
    assert said == f"WARNING: {fit}: is a row one too many at the top?"
    assert "the frame after better than their own: is a row missing at the top?" in describe_shift([1] * 10)[0]
    for few in ([-1] * 9, [-1] * 6 + [0] * 4, [], [None] * 20):
        assert describe_shift(few) == ()


@pytest.mark.parametrize("tracker", ["SiamFC", "SiamRPN", "SiamFC_mao"])
def test_real_results_are_as_they_should_be_until_a_row_is_put_in(shared: Path, tracker: str) -> None:
    folder = shared / "golden" / "OTB100"
    if not folder.is_dir():
        pytest.skip("no golden results in shared")
    late, early, plain = [], [], []
    for file in sorted((folder / "results" / tracker).glob("*.txt")):
        if (folder / "anno" / file.name).is_file():
            truth, boxes = read_boxes(folder / "anno" / file.name), parse_result(file.read_bytes(), file.name).boxes
            plain.append(shifted_by(boxes, truth))
            late.append(shifted_by(np.concatenate([boxes[:1], boxes[:-1]]), truth))
            early.append(shifted_by(np.concatenate([boxes[1:], boxes[-1:]]), truth))
    assert describe_shift(plain) == ()
    assert "the frame before" in describe_shift(late)[0]
    assert "the frame after" in describe_shift(early)[0]
