"""Percentiles that are measured frames, and two kinds of FPS."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.results.latencies import summarise

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
