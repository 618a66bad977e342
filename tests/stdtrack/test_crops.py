"""Geometry of windows: laws, and pixels at known places."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stdtrack.crops import BORDER_RGB, crop_window, sample_crop, to_crop, to_image

numbers = st.floats(-500, 500)
sides = st.floats(0.1, 400)
boxes = st.tuples(numbers, numbers, sides, sides).map(np.array)


@given(box=boxes, other=boxes, factor=st.floats(1, 6))
def test_to_image_inverts_to_crop(box: np.ndarray, other: np.ndarray, factor: float) -> None:
    window = crop_window(other, factor)
    np.testing.assert_allclose(to_image(to_crop(box, window), window), box, atol=1e-6)


@given(box=boxes, factor=st.floats(1, 6))
def test_a_box_is_in_the_middle_of_its_window(box: np.ndarray, factor: float) -> None:
    np.testing.assert_allclose(to_crop(box, crop_window(box, factor))[:2], 0.5, atol=1e-9)


def test_many_boxes_at_once() -> None:
    many = np.array([[0.0, 0.0, 10.0, 10.0], [5.0, 5.0, 20.0, 5.0]])
    windows = crop_window(many, 2.0)
    assert windows.shape == (2, 3)
    np.testing.assert_allclose(to_image(to_crop(many, windows), windows), many)


def ramp(height: int, width: int) -> np.ndarray:
    """Red counts columns, green counts rows."""
    image = np.zeros((height, width, 3), np.uint8)
    image[..., 0], image[..., 1] = np.arange(width)[None, :], np.arange(height)[:, None]
    return image


def test_a_window_of_the_crops_size_copies_pixels() -> None:
    image = ramp(100, 120)
    crop = sample_crop(image, np.array([50.0, 40.0, 32.0]), 32)
    np.testing.assert_array_equal(crop, image[24:56, 34:66])


@pytest.mark.parametrize("side", [40.0, 64.0, 80.0, 128.0, 176.0])
def test_scale_keeps_positions(side: float) -> None:
    """Crop pixel u shows image coordinate left + (u + 0.5) * scale; the ramp's value there is half a pixel less."""
    image = ramp(250, 250)
    crop = sample_crop(image, np.array([125.0, 125.0, side]), 32).astype(float)
    expected = 125.0 - side / 2 + (np.arange(32) + 0.5) * side / 32 - 0.5
    np.testing.assert_allclose(crop[16, :, 0], expected, atol=1.0)
    np.testing.assert_allclose(crop[:, 16, 1], expected, atol=1.0)


@pytest.mark.parametrize("side", [32.0, 300.0])
def test_outside_is_the_mean_colour(side: float) -> None:
    image = np.zeros((64, 64, 3), np.uint8)
    far = sample_crop(image, np.array([-1000.0, 5000.0, side]), 32)
    assert (far == BORDER_RGB).all()
    corner = sample_crop(image, np.array([0.0, 0.0, side]), 32)
    assert (corner[:14, :14] == BORDER_RGB).all()
    assert (corner[17, 17] == 0).all()


def test_large_windows_are_averaged() -> None:
    """A chequerboard of single pixels must come out grey, not as a random pattern of black and white."""
    image = np.repeat((np.indices((512, 512)).sum(0) % 2 * 255).astype(np.uint8)[..., None], 3, axis=2)
    crop = sample_crop(image, np.array([256.0, 256.0, 400.0]), 32)
    assert crop.min() > 100
    assert crop.max() < 155


@given(box=st.tuples(st.floats(-3000, 3000), st.floats(-3000, 3000), st.floats(0.001, 5000), st.floats(0.001, 5000)))
def test_any_window_gives_a_crop(box: tuple[float, ...]) -> None:
    image = np.full((40, 60, 3), 7, np.uint8)
    crop = sample_crop(image, crop_window(np.array(box), 4.0), 16)
    assert crop.shape == (16, 16, 3)
    assert crop.dtype == np.uint8
