"""Crops, boxes and visibility of a training clip."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from stdtrack.training.clips import Clip, Geometry, jitter_box, make_clip, surround, vanishing
from stdtrack.training.config import AugmentConfig, ClipConfig
from stdtrack.training.frame_sampling import Shots

GEOMETRY = Geometry(template_size=80, template_factor=2.0, search_size=144, search_factor=3.6)
PLAIN = AugmentConfig(flip=0, reverse=0, grey=0, colour=0, drift=0, blur=0, noise=0)
CALM = ClipConfig(vanish=0, distractors=0, occluders=0, surroundings=0, negatives=0)


def bright_square(frames: int) -> Shots:
    """A white rectangle on black that moves a little."""
    images, boxes = [], []
    for index in range(frames + 1):
        image = np.zeros((200, 240, 3), dtype=np.uint8)
        x, y = 100 + 2 * index, 90 + index
        image[y : y + 24, x : x + 30] = 255
        images.append(image)
        boxes.append([x, y, 30, 24])
    return Shots(tuple(images), np.array(boxes, dtype=float), np.ones(frames + 1, dtype=bool), 1)


def box_of_bright_pixels(image: np.ndarray) -> np.ndarray:
    """cx, cy, w, h in units of the image."""
    bright = image.min(axis=2) > 150
    y, x = np.flatnonzero(bright.any(1)), np.flatnonzero(bright.any(0))
    low, high = np.array([x[0], y[0]]), np.array([x[-1], y[-1]]) + 1.0
    return np.concatenate([(low + high) / 2, high - low]) / len(image)


def clip(config: ClipConfig, augment: AugmentConfig, seed: int, frames: int = 3) -> Clip:
    shots = bright_square(frames)
    return make_clip(shots, shots, GEOMETRY, config, augment, np.random.default_rng(seed))


@pytest.mark.parametrize("flip", [0.0, 1.0])
def test_boxes_lie_on_the_target(flip: float) -> None:
    config = dataclasses.replace(CALM, shift=1.0)
    seen = 0
    for seed in range(20):
        made = clip(config, dataclasses.replace(PLAIN, flip=flip), seed)
        assert made.templates.shape == (1, 80, 80, 3)
        assert made.searches.shape == (3, GEOMETRY.search_size, GEOMETRY.search_size, 3)
        for image, box in zip(made.searches, made.boxes, strict=True):
            inside = (box[:2] - box[2:] / 2 > 0).all() and (box[:2] + box[2:] / 2 < 1).all()
            if inside:
                np.testing.assert_allclose(box_of_bright_pixels(image), box, atol=1.5 / 160)
                seen += 1
    assert seen > 20


def test_the_same_seed_makes_the_same_clip() -> None:
    first, second, other = (clip(ClipConfig(), AugmentConfig(), seed) for seed in (3, 3, 4))
    for field in dataclasses.fields(Clip):
        np.testing.assert_array_equal(getattr(first, field.name), getattr(second, field.name))
    assert (first.searches != other.searches).any()


def test_targets_are_spread_over_the_crop_and_their_size_varies() -> None:
    boxes = np.concatenate([clip(CALM, PLAIN, seed).boxes for seed in range(60)])
    assert boxes[:, :2].min() < 0.25
    assert boxes[:, :2].max() > 0.75
    assert boxes[:, 2].max() / boxes[:, 2].min() > 1.3


def test_a_vanished_target_is_outside_its_window() -> None:
    # No offset of the other windows is so wide that the centre of the target could leave them too.
    config = dataclasses.replace(CALM, vanish=1, shift=0.8)
    gone = 0
    for seed in range(20):
        made = clip(config, PLAIN, seed)
        assert made.visible[0] or not (abs(made.boxes[0, :2] - 0.5) < 0.5).all()
        for image, visible in zip(made.searches[1:], made.visible[1:], strict=True):
            if not visible:
                gone += 1
                assert (image.min(axis=2) > 150).mean() < 0.01
    assert gone > 20
    assert not vanishing(2, 1.0, np.random.default_rng(0)).any()


def test_distractors_and_occluders_change_pixels_only() -> None:
    calm = clip(CALM, PLAIN, 5)
    for change in ({"distractors": 1.0}, {"occluders": 1.0}):
        made = clip(dataclasses.replace(CALM, **change), PLAIN, 5)
        np.testing.assert_array_equal(made.boxes, calm.boxes)
        assert (made.searches != calm.searches).any()
        np.testing.assert_array_equal(made.templates, calm.templates)


def test_crops_with_a_margin_share_one_window() -> None:
    wide = dataclasses.replace(GEOMETRY, margin=2.0)
    shots = bright_square(4)
    made = make_clip(shots, shots, wide, CALM, PLAIN, np.random.default_rng(0))
    assert made.searches.shape == (4, 2 * GEOMETRY.search_size, 2 * GEOMETRY.search_size, 3)
    side = 2 * GEOMETRY.search_factor * np.sqrt(30 * 24)
    np.testing.assert_allclose(np.diff(made.boxes[:, 0]), 2 / side, rtol=1e-4)
    np.testing.assert_allclose(made.boxes[0, :2], 0.5, atol=1e-6)


def test_surroundings_fill_what_lies_outside_the_image() -> None:
    crop, outside = np.full((40, 40, 3), 9, np.uint8), np.full((8, 8, 3), 77, np.uint8)
    # The window is 20 wide and starts 10 pixels left of the image: its left half shows nothing of it.
    surround(crop, np.array([0.0, 10.0, 20.0]), (30, 30, 3), outside)
    assert (crop[:, :20] == 77).all()
    assert (crop[:, 20:] == 9).all()


def test_jitter_keeps_the_shape() -> None:
    box = jitter_box(np.array([10.0, 20.0, 8.0, 2.0]), np.array([0.5, -1.0]), np.log(2))
    np.testing.assert_allclose(box, [8.0, 15.0, 16.0, 4.0])
