"""Windows, placing and clipping of the pytracking lineage, in cases worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from evalkit.errors import InputError
from stdtrack.peers.geometry import LARGEST_SIDE, clipped, cut_window, placed_in_image

IMAGE = np.arange(1, 1 + 20 * 30, dtype=np.uint16).reshape(20, 30).astype(np.uint8)[..., None].repeat(3, axis=2)


def window(box: list[float], side: int) -> np.ndarray:
    """A window cut without a change of scale: factor 1, side of the box."""
    crop, scale = cut_window(IMAGE, np.array(box), 1.0, side)
    assert scale == 1.0
    return crop[..., 0]


def test_inside_the_image_it_is_the_image() -> None:
    np.testing.assert_array_equal(window([3, 4, 8, 8], 8), IMAGE[4:12, 3:11, 0])


@pytest.mark.parametrize(("x", "left"), [(2.5, 2), (3.5, 4), (2.51, 3), (3.49, 3)])
def test_halves_go_to_the_even_pixel(x: float, left: int) -> None:
    np.testing.assert_array_equal(window([x, 4, 8, 8], 8), IMAGE[4:12, left : left + 8, 0])


def test_outside_is_black_and_so_is_a_last_column_that_is_reached() -> None:
    crop = window([22, -3, 8, 8], 8)  # columns 22 to 29, the last of 30; rows -3 to 4
    assert (crop[:3] == 0).all()
    assert (crop[:, 7] == 0).all()
    np.testing.assert_array_equal(crop[3:, :7], IMAGE[:5, 22:29, 0])


def test_a_window_beside_the_image_is_black() -> None:
    assert not window([100, 100, 8, 8], 8).any()


def test_the_side_is_rounded_up() -> None:
    _, scale = cut_window(IMAGE, np.array([5.0, 5.0, 4.0, 2.0]), 2.0, 12)
    assert scale == 12 / 6  # 2 * sqrt(8) = 5.66


@pytest.mark.parametrize("size", [0.0, LARGEST_SIDE + 1.0, 1e200])
def test_a_window_without_pixels_or_with_too_many_is_refused(size: float) -> None:
    with pytest.raises(InputError, match="needs a search window"):
        cut_window(IMAGE, np.array([0.0, 0.0, size, size]), 1.0, 8)


def test_a_box_of_the_crop_lies_around_the_state() -> None:
    box = np.array([0.5, 0.75, 0.25, 0.5], dtype=np.float32)
    placed = placed_in_image(box, np.array([10.0, 20.0, 4.0, 6.0]), size=64, scale=2.0)
    # The crop shows 32 pixels around (12, 23): its centre stays, a quarter of it below, 8 by 16 pixels large.
    np.testing.assert_allclose(placed, [12 - 4, 23 + 8 - 8, 8, 16])


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ([20, 30, 40, 15], [20, 30, 40, 15]),
        ([-50, -50, 20, 20], [0, 0, 10, 10]),
        ([95, 45, 30, 30], [90, 40, 10, 10]),
        ([20, 20, 3, 4], [20, 20, 10, 10]),
        ([20, 20, -7, -4], [20, 20, 10, 10]),
        ([-10, -10, 200, 200], [0, 0, 100, 50]),
    ],
)
def test_ten_pixels_stay_inside(box: list[float], expected: list[float]) -> None:
    image = np.zeros((50, 100, 3), dtype=np.uint8)
    np.testing.assert_array_equal(clipped(np.array(box, dtype=float), image), expected)
