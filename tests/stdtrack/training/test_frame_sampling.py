"""Which frames make a clip."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stdtrack.training.config import ClipConfig
from stdtrack.training.frame_sampling import Shots, carry_boxes, dense_indices, sparse_indices, without_target

flags = st.lists(st.booleans(), min_size=2, max_size=60).filter(lambda shown: sum(shown) >= 2).map(np.array)


@given(flags, st.integers(1, 3), st.integers(1, 6), st.integers(1, 9), st.integers(1, 50), st.integers(0, 2**32))
def test_dense_clips_are_causal(
    visible: np.ndarray, templates: int, frames: int, max_gap: int, template_gap: int, seed: int
) -> None:
    config = ClipConfig(max_gap=max_gap, template_gap=template_gap)
    chosen = dense_indices(visible, templates, frames, config, np.random.default_rng(seed))
    assert len(chosen) == templates + frames
    assert (np.diff(chosen) >= 0).all()
    assert chosen[0] >= 0
    assert chosen[-1] < len(visible)
    assert visible[chosen[: templates + 1]].all()


def test_gaps_are_small_where_there_is_room() -> None:
    config = ClipConfig(max_gap=3, template_gap=5)
    rng = np.random.default_rng(0)
    gaps = np.array([np.diff(dense_indices(np.ones(200, dtype=bool), 1, 5, config, rng)) for _ in range(200)])
    assert gaps[:, 0].min() == 1
    assert gaps[:, 0].max() == 5
    assert gaps[:, 1:].min() == 1
    assert gaps[:, 1:].max() == 3


def test_sparse_frames_come_from_anywhere_that_is_visible() -> None:
    visible = np.arange(100) % 2 == 0
    chosen = sparse_indices(visible, 1, 500, np.random.default_rng(0))
    assert visible[chosen].all()
    assert (np.diff(chosen) < 0).any()
    assert chosen.min() < 10
    assert chosen.max() > 90


def test_boxes_of_invisible_frames_repeat_the_last_one() -> None:
    boxes = np.arange(16.0).reshape(4, 4)
    carried = carry_boxes(boxes, np.array([True, False, False, True]))
    assert carried[:, 0].tolist() == [0, 0, 0, 12]


def test_a_negative_clip_has_another_targets_frames() -> None:
    def shots(value: int) -> Shots:
        return Shots((np.full((4, 4, 3), value, np.uint8),) * 3, np.full((3, 4), value), np.ones(3, dtype=bool), 1)

    negative = without_target(shots(1), shots(2))
    assert [int(image[0, 0, 0]) for image in negative.images] == [1, 2, 2]
    assert negative.visible.tolist() == [True, False, False]
    assert negative.boxes[:, 0].tolist() == [1, 2, 2]
