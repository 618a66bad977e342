from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiling.statistics import growth_per_frame, paired_ratio, summarise

times = st.lists(st.floats(1e-4, 10.0), min_size=1, max_size=200).map(np.array)


@given(times)
def test_percentiles_are_ordered_and_bounded(latencies: np.ndarray) -> None:
    summary = summarise(latencies)
    assert latencies.min() <= summary.p50 <= summary.p90 <= summary.p99 <= summary.slowest == latencies.max()
    assert summary.frames == len(latencies)


@given(times, st.sampled_from([(90, "p90"), (99, "p99")]))
def test_tail_is_a_frame_that_enough_frames_precede(latencies: np.ndarray, wanted: tuple[int, str]) -> None:
    percent, name = wanted
    value = getattr(summarise(latencies), name)
    assert value in latencies
    assert value == latencies.max() or 100 * np.sum(latencies <= value) >= percent * len(latencies)


def test_the_two_kinds_of_fps_differ_by_the_tail() -> None:
    summary = summarise(np.array([0.01] * 95 + [0.11] * 5))
    assert summary.fps_median == pytest.approx(100.0)
    assert summary.fps_mean == pytest.approx(100 / 1.5)
    assert "p99 is more than twice" in summary.warning
    assert summarise(np.full(10, 0.01)).warning == ""


def test_ratio_survives_drift_that_hits_both_alike() -> None:
    rng = np.random.default_rng(1)
    mood = np.exp(rng.normal(0, 0.5, 40))
    first = [3e-3 * m * np.exp(rng.normal(0, 0.02, 20)) for m in mood]
    second = [1e-3 * m * np.exp(rng.normal(0, 0.02, 20)) for m in mood]
    ratio = paired_ratio(first, second)
    assert ratio.value == pytest.approx(3.0, rel=0.01)
    assert ratio.low < ratio.value < ratio.high
    assert ratio.high / ratio.low < 1.02


@given(st.floats(0.1, 10.0), st.integers(2, 30))
def test_ratio_of_a_tracker_and_its_multiple(factor: float, rounds: int) -> None:
    rng = np.random.default_rng(rounds)
    first = [rng.uniform(1, 2, 5) for _ in range(rounds)]
    ratio = paired_ratio([factor * part for part in first], first)
    assert ratio.value == pytest.approx(factor)
    assert ratio.low == pytest.approx(ratio.high)


def test_growth_is_a_slope_and_ignores_one_jump() -> None:
    frames = list(range(0, 2000, 100))
    assert growth_per_frame(frames, [5_000_000 + 24 * frame for frame in frames]) == pytest.approx(24.0)
    assert growth_per_frame(frames, [0] * 15 + [10**6] * 5) == 0.0
    assert growth_per_frame([3], [7]) == 0.0
