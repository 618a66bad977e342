"""The second template: which view it is, and when it comes."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from stdtrack.configs import OnlineConfig
from stdtrack.model.graphs import pack
from stdtrack.renewal import Renewal
from stdtrack.tracker import STDTracker
from tests.stdtrack.tiny import TINY, make

BOX = np.array([30.0, 20.0, 24.0, 18.0])


def offered(qualities: list[float]) -> list[float | None]:
    """What comes back frame by frame, every third one due, where a view shows its frame's quality."""
    renewal = Renewal(OnlineConfig(renewal=3, renewal_quality=0.5))
    views = [renewal.offer(quality, lambda q=quality: torch.tensor(q)) for quality in qualities]  # type: ignore[misc]
    return [None if view is None else round(float(view), 3) for view in views]


def test_the_best_view_since_the_last_renewal_comes_when_due() -> None:
    assert offered([0.6, 0.9, 0.7, 0.8, 0.6, 0.6]) == [None, None, 0.9, None, None, 0.8]


def test_without_a_good_view_nothing_is_renewed() -> None:
    assert offered([0.4, 0.3, 0.49, 0.2, 0.5, 0.1]) == [None, None, None, None, None, 0.5]


def test_only_the_best_so_far_is_cropped() -> None:
    renewal = Renewal(OnlineConfig(renewal=9, renewal_quality=0.5))
    cropped: list[float] = []
    for quality in (0.2, 0.6, 0.55, 0.7):
        renewal.offer(quality, lambda q=quality: torch.tensor(cropped.append(q) or q))  # type: ignore[misc]
    assert cropped == [0.6, 0.7]


@pytest.fixture
def images() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (80, 100, 3), np.uint8) for _ in range(7)]


def tracker(renewal: int) -> STDTracker:
    model = make(TINY)
    model.config = replace(TINY, online=replace(TINY.online, renewal=renewal, renewal_quality=0.0))
    return STDTracker(model)


def test_the_first_template_stays_and_the_state_keeps_its_size(images: list[np.ndarray]) -> None:
    following = tracker(renewal=3)
    following.init(images[0], BOX)
    states = [following._state]
    for image in images[1:]:
        following.update(image)
        states.append(following._state)
    caches = [state.cache_LBM2HD for state in states if state is not None]
    half = caches[0].shape[2] // 2
    torch.testing.assert_close(caches[0][:, :, :half], caches[0][:, :, half:])
    changed = [not torch.equal(one[:, :, half:], other[:, :, half:]) for one, other in pairwise(caches)]
    assert changed == [False, False, True, False, False, True]
    assert all(torch.equal(caches[0][:, :, :half], cache[:, :, :half]) for cache in caches)
    assert len({tuple(part.shape for part in pack(state)) for state in states if state is not None}) == 1


def test_without_renewal_there_is_one_template(images: list[np.ndarray]) -> None:
    alone, two = tracker(renewal=0), tracker(renewal=3)
    for each in (alone, two):
        each.init(images[0], BOX)
    assert alone._state is not None
    assert two._state is not None
    assert 2 * alone._state.cache_LBM2HD.shape[2] == two._state.cache_LBM2HD.shape[2]
