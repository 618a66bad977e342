"""Synthetic clips: seeded, and their boxes are true."""

from __future__ import annotations

import numpy as np

from stdtrack.training.synthetic import (
    CANVAS,
    CutOut,
    compose,
    cut_from_white,
    cut_out,
    draw_path,
    look_alike,
    procedural_cut_out,
    put,
    texture,
)

WHITE = CutOut(np.full((30, 40, 3), 255, np.uint8), np.ones((30, 40), np.float32))


def test_the_box_is_where_the_target_was_drawn() -> None:
    for seed in range(10):
        rng = np.random.default_rng(seed)
        path = draw_path(5, 40, rng)
        for index in range(5):
            canvas = np.zeros((CANVAS, CANVAS, 3), np.uint8)
            box, alpha = put(canvas, WHITE, 40.0, path, index)
            drawn = canvas[..., 0] > 100
            assert ((alpha > 0.4) == drawn).mean() > 0.999
            x, y = np.flatnonzero(drawn.any(0)), np.flatnonzero(drawn.any(1))
            inside = box[0] > 0 and box[1] > 0 and (box[:2] + box[2:] < CANVAS).all()
            if inside:
                np.testing.assert_allclose(box, [x[0], y[0], np.ptp(x) + 1, np.ptp(y) + 1], atol=1)


def test_paths_are_smooth_and_stay_inside() -> None:
    for seed in range(20):
        path = draw_path(60, 40, np.random.default_rng(seed))
        assert path.centre.min() >= 0
        assert path.centre.max() <= CANVAS
        assert np.abs(np.diff(np.log(path.scale))).max() < 0.3


def test_clips_are_seeded_and_hidden_targets_absent() -> None:
    target, other = (procedural_cut_out(np.random.default_rng(seed)) for seed in (1, 2))
    background = texture(200, 300, np.random.default_rng(3))
    first, second = (compose(background, target, other, 1, 4, np.random.default_rng(7)) for _ in range(2))
    assert len(first.images) == 5
    assert first.images[0].shape == (CANVAS, CANVAS, 3)
    np.testing.assert_array_equal(first.images[4], second.images[4])
    np.testing.assert_array_equal(first.boxes, second.boxes)
    clips = [compose(background, target, WHITE, 1, 4, np.random.default_rng(seed)) for seed in range(150)]
    visible = np.array([clip.visible for clip in clips])
    assert visible[:, 0].all(), "a template shows its target"
    assert 0 < (~visible).sum() < 0.2 * visible.size


def test_cut_outs_follow_the_outline_or_fall_back_to_a_shape() -> None:
    image = np.full((80, 80, 3), 30, np.uint8)
    image[25:55, 30:50] = (220, 60, 60)
    cut = cut_out(image, np.array([25.0, 20.0, 30.0, 40.0]), np.random.default_rng(0))
    assert cut.alpha[20, 15] > 0.9, "the middle belongs to the target"
    assert cut.alpha[1, 1] < 0.2, "the corner of the box does not"
    tiny = cut_out(image, np.array([70.0, 70.0, 5.0, 5.0]), np.random.default_rng(0))
    assert tiny.alpha.shape == tiny.patch.shape[:2]


def test_look_alikes_have_the_shape_but_not_the_colours() -> None:
    cut = procedural_cut_out(np.random.default_rng(5))
    other = look_alike(cut, np.random.default_rng(6))
    assert other.patch.shape == cut.patch.shape
    assert (other.patch != cut.patch).mean() > 0.5


def test_a_thing_on_white_is_cut_out_with_the_white_that_it_encloses() -> None:
    image = np.full((60, 70, 3), 255, np.uint8)
    image[10:50, 20:60] = (200, 30, 30)
    image[25:35, 35:45] = 255
    cut = cut_from_white(image, np.array([15.0, 5, 50, 50]))
    assert cut is not None
    assert cut.patch.shape == (50, 50, 3)
    assert cut.alpha.shape == (50, 50)
    assert cut.alpha[8:42, 8:42].min() > 0.99, "the hole is white, but enclosed"
    assert cut.alpha[:4].max() == cut.alpha[:, :4].max() == 0
    assert cut_from_white(image, np.array([0.0, 0, 15, 60])) is None, "nothing there"
    assert cut_from_white(np.zeros((60, 70, 3), np.uint8), np.array([0.0, 0, 70, 60])) is None, "no white"
    large = cut_from_white(np.repeat(np.repeat(image, 4, 0), 4, 1), np.array([60.0, 20, 200, 200]))
    assert large is not None
    assert max(large.alpha.shape) == 64
