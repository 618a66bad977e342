"""Changes to pixels."""

from __future__ import annotations

import numpy as np

from stdtrack.training.augmentation import (
    Colour,
    apply_colour,
    augment_clip,
    blur,
    combine,
    mix_with_grey,
    motion_kernel,
    noise,
    paste,
    soft_shape,
)
from stdtrack.training.config import AugmentConfig

IMAGE = np.random.default_rng(0).integers(0, 256, size=(24, 32, 3), dtype=np.uint8)


def test_no_change_changes_nothing() -> None:
    np.testing.assert_array_equal(apply_colour(IMAGE, Colour(np.ones(3), 0.0, 1.0)), IMAGE)
    still = AugmentConfig(flip=0, reverse=0, grey=0, colour=0, drift=0, blur=0, noise=0)
    np.testing.assert_array_equal(augment_clip([IMAGE], still, np.random.default_rng(0))[0], IMAGE)


def test_colour_is_a_gain_and_an_offset() -> None:
    changed = apply_colour(IMAGE, Colour(np.array([0.5, 1.0, 1.0]), 10.0, 1.0))
    expected = np.clip(np.rint(IMAGE * [0.5, 1, 1] + 10), 0, 255)
    np.testing.assert_array_equal(changed, expected)
    both = combine(Colour(np.full(3, 2.0), 5.0, 0.5), Colour(np.full(3, 0.5), -1.0, 2.0))
    assert both.gains.tolist() == [1, 1, 1]
    assert both.offset == 4.0
    assert both.saturation == 1.0


def test_grey_clips_are_grey_in_every_frame() -> None:
    frames = augment_clip(
        [IMAGE, IMAGE[::-1].copy()], AugmentConfig(grey=1, blur=0, noise=0, drift=0), np.random.default_rng(1)
    )
    for frame in frames:
        assert np.ptp(frame.astype(int), axis=2).max() <= 1
    np.testing.assert_array_equal(mix_with_grey(IMAGE, 1.0), IMAGE)


def test_the_whole_clip_changes_alike() -> None:
    frames = augment_clip([IMAGE, IMAGE], AugmentConfig(drift=0, blur=0, noise=0), np.random.default_rng(2))
    np.testing.assert_array_equal(frames[0], frames[1])
    assert (frames[0] != IMAGE).any()


def test_blur_and_noise_keep_shape_and_brightness() -> None:
    rng = np.random.default_rng(3)
    for _ in range(12):
        for change in (blur, noise):
            changed = change(IMAGE, rng)
            assert changed.shape == IMAGE.shape
            assert changed.dtype == np.uint8
            assert abs(changed.mean() - IMAGE.mean()) < 6
    np.testing.assert_allclose(motion_kernel(7, 0.3).sum(), 1.0, atol=1e-6)


def test_paste_blends_and_drops_what_is_outside() -> None:
    canvas, patch = np.zeros((10, 10, 3), np.uint8), np.full((4, 4, 3), 200, np.uint8)
    paste(canvas, patch, np.full((4, 4), 0.5), -2, 8)
    assert canvas[8:, :2].min() == canvas[8:, :2].max() == 100
    assert canvas.sum() == 100 * 3 * 4
    paste(canvas, patch, np.ones((4, 4)), 20, 20)
    assert canvas.sum() == 100 * 3 * 4


def test_soft_shapes_cover_their_middle() -> None:
    rng = np.random.default_rng(4)
    for _ in range(20):
        alpha = soft_shape(30, 20, rng)
        assert alpha.shape == (20, 30)
        assert alpha.min() >= 0
        assert alpha.max() <= 1.0001
        assert alpha[10, 15] > 0.9
        assert 0.2 < alpha.mean() < 1
