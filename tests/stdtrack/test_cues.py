"""Cues: each against a value that was written out by hand."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import torch

from stdtrack.cues import LARGEST, Cues, frame_cues, jump_cues, map_cues, token_cues
from stdtrack.model import STDTrack
from tests.stdtrack.tiny import TINY, clip, make


def two_peaks(second: float, x: int) -> np.ndarray:
    score = np.full((8, 8), -4.0, np.float32)
    score[2, 2], score[2, x] = 3.0, second
    return score


def test_the_second_peak_is_outside_of_the_box_about_the_first() -> None:
    # A box of 0.5 of 8 cells reaches 2 cells to each side of the peak: cell 4 belongs to it, cell 5 does not.
    assert map_cues(two_peaks(2.0, 5), 0.5, 0.5)[:2] == (3.0, 1.0)
    assert map_cues(two_peaks(2.0, 4), 0.5, 0.5)[:2] == (3.0, 7.0)


def test_a_box_over_the_whole_map_leaves_no_second_peak() -> None:
    assert map_cues(two_peaks(2.0, 5), 2.0, 2.0)[1] == LARGEST


def test_entropy_is_that_of_the_softmax_over_a_flat_maps() -> None:
    assert map_cues(np.zeros((4, 4), np.float32), 0.1, 0.1)[2] == pytest.approx(1.0)
    score = np.array([[0.0, math.log(2)], [0.0, 0.0]], np.float32)
    chances = [1 / 5, 2 / 5, 1 / 5, 1 / 5]
    expected = -sum(chance * math.log(chance) for chance in chances) / math.log(4)
    assert map_cues(score, 0.1, 0.1)[2] == pytest.approx(expected, rel=1e-6)


def test_a_map_of_one_cell_and_odds_beyond_all_measure() -> None:
    peak, margin, entropy = map_cues(np.full((1, 1), 99.0, np.float32), 0.3, 0.3)
    assert (peak, margin, entropy) == (LARGEST, LARGEST, 0.0)


def test_the_map_itself_is_left_as_it_is() -> None:
    score = two_peaks(2.0, 5)
    map_cues(score, 0.5, 0.5)
    np.testing.assert_array_equal(score, two_peaks(2.0, 5))


def test_tokens_agree_by_the_angle_with_those_that_are_stored() -> None:
    stored = np.array([[2.0, 0.0], [0.0, 3.0], [3.0, 4.0]], np.float32)
    first, best = token_cues(np.array([1.0, 0.0], np.float32), stored, np.array([True, True, False]))
    assert (first, best) == (pytest.approx(1.0), pytest.approx(1.0))
    first, best = token_cues(np.array([-1.0, 1.0], np.float32), stored, np.array([True, True, False]))
    assert (first, best) == (pytest.approx(-math.sqrt(0.5)), pytest.approx(math.sqrt(0.5)))


def test_jumps_are_in_sizes_of_the_target() -> None:
    # A window of 4 sizes: a tenth of it aside is 0.4 sizes, and a box of half of it has twice the size.
    motion, resize = jump_cues(np.array([0.6, 0.5, 0.5, 0.5]), 4.0)
    assert motion == pytest.approx(math.log(1.4))
    assert resize == pytest.approx(math.log(2))
    assert jump_cues(np.array([0.5, 0.5, 0.0, 0.2]), 4.0)[1] == LARGEST


def test_cues_of_a_batch_are_those_of_its_rows() -> None:
    model = make(TINY)
    templates, searches = clip(TINY, batch=3, frames=1)
    with torch.inference_mode():
        before = model.init_state(templates[:, 0])
        output, after = model.step(before, searches[:, 0])
        boxes = STDTrack.decode(output)[0].double().numpy()
    cues = [frame_cues(output, before, after, box, factor=4.0, row=row) for row, box in enumerate(boxes)]
    assert len(set(cues)) == 3
    assert all(np.isfinite(each).all() for each in cues)
    for row in range(3):
        with torch.inference_mode():
            before = model.init_state(templates[row])
            output, after = model.step(before, searches[row])
        alone = frame_cues(output, before, after, boxes[row], factor=4.0)
        np.testing.assert_allclose(cues[row], alone, atol=1e-4)


def test_what_has_no_meaning_is_nan() -> None:
    model = make(dataclasses.replace(TINY, token=False, fusion=False, memory="none"))
    templates, searches = clip(TINY, batch=1, frames=1)
    with torch.inference_mode():
        before = model.init_state(templates[:, 0])
        output, after = model.step(before, searches[:, 0])
    cues = frame_cues(output, before, after, np.array([0.5, 0.5, 0.2, 0.2]), factor=None)
    missing = {name for name, value in zip(Cues._fields, cues, strict=True) if math.isnan(value)}
    assert missing == {"motion", "resize", "first", "stored"}


def test_a_box_of_no_numbers_is_no_trouble() -> None:
    model = make(TINY)
    templates, searches = clip(TINY, batch=1, frames=1)
    with torch.inference_mode():
        before = model.init_state(templates[:, 0])
        output, after = model.step(before, searches[:, 0])
    for value in (np.nan, np.inf, -np.inf):
        assert np.isfinite(frame_cues(output, before, after, np.array([0.5, value, 0.2, value]), factor=4.0)).all()
