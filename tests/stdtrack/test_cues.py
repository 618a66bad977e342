"""Cues: each against a value that was written out by hand."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import torch

from stdtrack.cues import LARGEST, entropy, frame_cues
from tests.stdtrack.tiny import TINY, clip, make


def test_entropy_is_that_of_the_softmax_over_a_flat_maps() -> None:
    assert entropy(np.zeros((4, 4), np.float32)) == pytest.approx(1.0)
    score = np.array([[0.0, math.log(2)], [0.0, 0.0]], np.float32)
    chances = [1 / 5, 2 / 5, 1 / 5, 1 / 5]
    expected = -sum(chance * math.log(chance) for chance in chances) / math.log(4)
    assert entropy(score) == pytest.approx(expected, rel=1e-6)


def test_a_sharp_peak_has_none_and_a_map_of_one_cell_neither() -> None:
    score = np.full((4, 4), -90.0, np.float32)
    score[1, 2] = 90.0
    assert entropy(score) == pytest.approx(0.0, abs=1e-6)
    assert entropy(np.full((1, 1), 99.0, np.float32)) == 0.0


def test_the_map_itself_is_left_as_it_is() -> None:
    score = np.arange(16, dtype=np.float32).reshape(4, 4)
    before = score.copy()
    entropy(score)
    np.testing.assert_array_equal(score, before)


def test_cues_of_a_batch_are_those_of_its_rows() -> None:
    model = make(TINY)
    templates, searches = clip(TINY, batch=3, frames=1)
    with torch.inference_mode():
        output, _ = model.step(model.init_state(templates[:, 0]), searches[:, 0])
    cues = [frame_cues(output, row) for row in range(3)]
    assert len(set(cues)) == 3
    for row in range(3):
        with torch.inference_mode():
            alone, _ = model.step(model.init_state(templates[row]), searches[row])
        np.testing.assert_allclose(cues[row], frame_cues(alone), atol=1e-4)


def test_odds_beyond_all_measure_are_cut() -> None:
    model = make(TINY)
    templates, searches = clip(TINY, batch=1, frames=1)
    with torch.inference_mode():
        output, _ = model.step(model.init_state(templates[:, 0]), searches[:, 0])
    for odds, expected in ((99.0, LARGEST), (-99.0, -LARGEST)):
        wild = dataclasses.replace(output, quality=torch.tensor([odds]))
        assert frame_cues(wild).quality == expected
