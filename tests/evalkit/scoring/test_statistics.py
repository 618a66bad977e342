"""Paired statistics: against scipy's own bootstrap, against simulation, and their laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from evalkit.scoring.scores import BenchmarkScore, SequenceScore
from evalkit.scoring.statistics import (
    LEVEL,
    PICKS_AT_ONCE,
    RESAMPLES,
    SEED,
    bootstrap_interval,
    compare_paired,
    interval_table,
)

VALUES = st.lists(st.floats(0, 1, allow_subnormal=False), min_size=2, max_size=30)


def test_interval_agrees_with_scipy() -> None:
    values = np.random.default_rng(1).beta(4, 2, 60)
    reference = stats.bootstrap((values,), np.mean, method="percentile", n_resamples=10_000, rng=2).confidence_interval
    assert bootstrap_interval(values) == pytest.approx((reference.low, reference.high), abs=2e-3)


def test_interval_holds_the_true_mean_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    hits = 0
    for _ in range(300):
        low, high = bootstrap_interval(rng.beta(4, 2, 50))
        hits += low <= 4 / 6 <= high
    assert 0.90 <= hits / 300 <= 0.98


@given(VALUES)
def test_interval_lies_within_the_values(values: list[float]) -> None:
    low, high = bootstrap_interval(np.array(values))
    assert min(values) - 1e-9 <= low <= high <= max(values) + 1e-9


@given(VALUES, st.randoms())
def test_order_of_trackers_turns_the_sign(values: list[float], random: object) -> None:
    other = [random.random() for _ in values]  # type: ignore[attr-defined]
    first, second = np.array(values), np.array(other)
    forward, backward = compare_paired(first, second), compare_paired(second, first)
    assert forward.difference == pytest.approx(-backward.difference)
    assert (forward.low, forward.high) == pytest.approx((-backward.high, -backward.low))
    assert forward.p_value == pytest.approx(backward.p_value)
    assert (forward.gained, forward.lost) == (backward.lost, backward.gained)


def test_equal_trackers_differ_in_nothing() -> None:
    result = compare_paired(np.full(5, 0.5), np.full(5, 0.5))
    assert (result.difference, result.low, result.high, result.p_value, result.claimed) == (0, 0, 0, 1, False)


def test_noise_is_seldom_claimed_and_a_true_difference_often() -> None:
    rng = np.random.default_rng(4)
    first = rng.beta(4, 2, 100)
    claims = {0.0: 0, 0.02: 0}
    for drop in claims:
        for _ in range(100):
            claims[drop] += compare_paired(first, first - drop + rng.normal(0, 0.05, 100)).claimed
    assert claims[0.0] <= 10, "5 % of 100 and its sampling error"
    assert claims[0.02] >= 90


def test_one_sequence_says_nothing() -> None:
    result = compare_paired(np.array([0.9]), np.array([0.1]))
    assert np.isnan([result.low, result.high, result.p_value]).all()
    assert not result.claimed


def test_unequal_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="same sequences"):
        compare_paired(np.array([1.0, 2.0]), np.array([1.0]))


def _score(values: list[float], frames: list[int], overall: float | None) -> BenchmarkScore:
    none = np.empty(0)
    sequences = tuple(
        SequenceScore(f"s{at}", count, {"auc": value}, {"success": np.array([value])}, none, none)
        for at, (value, count) in enumerate(zip(values, frames, strict=True))
    )
    return BenchmarkScore("t", "b", "p", {"auc": overall}, {}, sequences, len(sequences))


def test_sequences_weigh_as_the_protocol_weighs_them() -> None:
    values, frames = [0.2, 0.8, 0.5], [1000, 10, 10]
    alike = interval_table([_score(values, frames, 0.5)]).iloc[0]
    pooled = interval_table([_score(values, frames, float(np.average(values, weights=frames)))]).iloc[0]
    assert alike["high"] > pooled["high"] or alike["low"] > pooled["low"]
    assert pooled["low"] == pytest.approx(0.2, abs=0.01)


def test_sequences_left_out_by_the_protocol_are_left_out() -> None:
    row = interval_table([_score([0.4, 0.6, 0.0], [10, 10, 10], 0.5)]).iloc[0]
    assert row["low"] >= 0.4


@pytest.mark.parametrize("overall", [0.9, None])
def test_a_figure_that_is_no_mean_has_no_interval(overall: float | None) -> None:
    assert interval_table([_score([0.4, 0.6], [10, 10], overall)]).empty


@pytest.mark.parametrize("pooled", [False, True])
def test_resamples_drawn_some_at_a_time_are_those_drawn_at_once(pooled: bool) -> None:
    rng = np.random.default_rng(5)
    values, weights = rng.beta(4, 2, 700), rng.integers(50, 900, 700).astype(float) if pooled else np.ones(700)
    picks = np.random.default_rng(SEED).integers(0, 700, (RESAMPLES, 700))
    means = (values * weights)[picks].sum(axis=1) / weights[picks].sum(axis=1)
    expected = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    assert PICKS_AT_ONCE < RESAMPLES * 700, "more than one part"
    assert bootstrap_interval(values, weights if pooled else None) == tuple(expected)
