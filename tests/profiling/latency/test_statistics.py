from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiling.latency.statistics import growth_per_frame, paired_ratio


def test_ratio_survives_load_that_hits_one_kind_of_code_more() -> None:
    rng = np.random.default_rng(1)
    load = np.where(rng.random(200) < 0.8, rng.uniform(0, 1, 200), 0.0)  # other work comes and goes between rounds
    first = [3e-3 * (1 + 0.9 * hit) * np.exp(rng.normal(0, 0.02, 4)) for hit in load]
    second = [1e-3 * (1 + 0.3 * hit) * np.exp(rng.normal(0, 0.02, 12)) for hit in load]
    ratio = paired_ratio(first, second)
    assert ratio.value == pytest.approx(3.0, rel=0.03)
    assert ratio.low < ratio.value < ratio.high
    assert ratio.high / ratio.low < 1.06
    assert np.median(np.concatenate(first)) / np.median(np.concatenate(second)) > 3.2  # the plain one does not


@pytest.mark.parametrize("seed", range(5))
def test_ratio_of_a_tracker_that_is_30_percent_slower_under_noise_that_only_adds_time(seed: int) -> None:
    rng = np.random.default_rng(seed)
    clips = [f"clip {number // 20}" for number in range(200)]
    cost = [1e-3 * (1 + number // 20) for number in range(200)]  # clips differ by up to ten times

    def measured(factor: float) -> list[np.ndarray]:
        return [factor * each * (1 + rng.exponential(0.3, 5) * (rng.random(5) < 0.6)) for each in cost]

    assert paired_ratio(measured(1.3), measured(1.0), clips).value == pytest.approx(1.3, rel=0.05)


def test_ratio_weighs_clips_alike_however_many_frames_they_brought() -> None:
    # The same tracker against itself and against one whose second clip costs four times as much.
    steady = [np.full(10, 1e-3)] * 8
    uneven = [np.full(10, 1e-3)] * 4 + [np.full(2, 4e-3)] * 4
    clips = ["a"] * 4 + ["b"] * 4
    assert paired_ratio(uneven, steady, clips).value == pytest.approx(2.0)  # geometric mean of 1 and 4
    assert paired_ratio(steady, uneven, clips).value == pytest.approx(0.5)


@given(st.floats(0.1, 10.0), st.integers(2, 30))
def test_ratio_of_a_tracker_and_its_multiple(factor: float, rounds: int) -> None:
    rng = np.random.default_rng(rounds)
    first = [rng.uniform(1, 2, 5) for _ in range(rounds)]
    ratio = paired_ratio([factor * part for part in first], first)
    assert ratio.value == pytest.approx(factor)
    assert ratio.low == pytest.approx(ratio.high)


@pytest.mark.parametrize("rounds", [3, 4, 8])
def test_the_interval_of_a_short_run_is_no_point_and_mostly_holds_the_truth(rounds: int) -> None:
    clips = [f"clip {number % 8}" for number in range(8 * rounds)]

    def measured(factor: float, rng: np.random.Generator) -> list[np.ndarray]:
        return [factor * np.exp(np.abs(rng.normal(0, 0.05, 2))) for _ in clips]

    held = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        ratio = paired_ratio(measured(1.3, rng), measured(1.0, rng), clips)
        assert ratio.low < ratio.high
        held.append(ratio.low <= 1.3 <= ratio.high)
    assert np.mean(held) > 0.75


def test_one_round_of_every_clip_has_no_interval() -> None:
    ratio = paired_ratio([np.full(2, 2.0)] * 3, [np.full(2, 1.0)] * 3, ["a", "b", "c"])
    assert ratio.value == pytest.approx(2.0)
    assert np.isnan([ratio.low, ratio.high]).all()


def test_growth_is_a_slope_and_ignores_one_jump() -> None:
    frames = list(range(0, 2000, 100))
    assert growth_per_frame(frames, [5_000_000 + 24 * frame for frame in frames]) == pytest.approx(24.0)
    assert growth_per_frame(frames, [0] * 15 + [10**6] * 5) == 0.0
    assert growth_per_frame([3], [7]) == 0.0
