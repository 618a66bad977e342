"""How far two networks' outputs are apart."""

from __future__ import annotations

import math

import pytest
import torch

from stdtrack.inference.differences import TOLERANCE, add_differences, difference, worst


@pytest.mark.parametrize(("right", "other", "apart"), [(0.5, 0.75, 0.25), (1.0, 0.5, 0.5), (-8.0, -6.0, 0.25)])
def test_large_values_are_compared_by_their_size(right: float, other: float, apart: float) -> None:
    assert difference(torch.tensor([right, 0.0]), torch.tensor([other, 0.0])) == apart


def test_the_largest_of_all_frames_is_kept() -> None:
    largest: dict[str, float] = {}
    for value in (0.25, 0.5, 0.125):
        add_differences(largest, [("score", torch.zeros(2), torch.tensor([0.0, value]))])
    assert largest == {"score": 0.5}


@pytest.mark.parametrize("right", [False, True])
def test_a_nan_in_one_frame_never_passes(right: bool) -> None:
    pair = [torch.tensor([0.5]), torch.tensor([math.nan])]
    largest: dict[str, float] = {"box": 0.0}
    for first, second in (pair if right else pair[::-1], (pair[0], pair[0])):
        add_differences(largest, [("score", first, second)])
    assert not worst(largest) <= TOLERANCE
