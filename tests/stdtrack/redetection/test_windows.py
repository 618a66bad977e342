"""Tiles over an image."""

from __future__ import annotations

import numpy as np
import pytest

from stdtrack.redetection.windows import GROWN, MOST_TILES, SCALES, grown_window, tile_windows

FACTOR = 3.2


def of_scale(tiles: np.ndarray, box: np.ndarray, scale: float) -> np.ndarray:
    side = scale * FACTOR * np.sqrt(box[2] * box[3])
    return tiles[np.isclose(tiles[:, 2], side)]


@pytest.mark.parametrize("size", [(320, 240), (97, 400), (61, 59), (20, 20)])
@pytest.mark.parametrize("scale", SCALES)
def test_a_target_anywhere_is_whole_in_a_tile_of_every_scale(size: tuple[int, int], scale: float) -> None:
    box = np.array([7.0, 3.0, 16.0, 16.0])
    tiles = of_scale(tile_windows(box, size, FACTOR), box, scale)
    side = tiles[0, 2]
    target = min(0.4 * side, *size)
    rng = np.random.default_rng(0)
    corners = rng.random((500, 2)) * (np.array(size) - target)
    start, end = tiles[:, None, :2] - side / 2, tiles[:, None, :2] + side / 2
    whole = ((corners >= start - 1e-9) & (corners + target <= end + 1e-9)).all(axis=2).any(axis=0)
    assert whole.all()


def test_each_scale_goes_outwards_from_the_last_place() -> None:
    box = np.array([200.0, 150.0, 16.0, 16.0])
    tiles = tile_windows(box, (320, 240), FACTOR)
    first = of_scale(tiles, box, SCALES[0])
    np.testing.assert_array_equal(tiles[: len(first)], first)
    distances = np.linalg.norm(first[:, :2] - [208.0, 158.0], axis=1)
    assert (np.diff(distances) >= 0).all()
    assert len(first) > 10


def test_a_small_target_in_a_large_image_takes_larger_tiles() -> None:
    tiles = tile_windows(np.array([5.0, 5.0, 1.0, 1.0]), (7680, 4320), FACTOR)
    assert len(tiles) < len(SCALES) * 1.1 * MOST_TILES
    side = tiles[0, 2]
    assert tiles[:, 0].max() + side / 2 == pytest.approx(7680)
    assert tiles[:, 1].max() + side / 2 == pytest.approx(4320)


def test_windows_grow_about_the_last_place() -> None:
    box = np.array([10.0, 20.0, 16.0, 4.0])
    windows = np.array([grown_window(box, 2.0, step) for step in range(len(GROWN))])
    np.testing.assert_allclose(windows[:, :2], [[18.0, 22.0]] * 3)
    np.testing.assert_allclose(windows[:, 2], [24.0, 32.0, 40.0])
