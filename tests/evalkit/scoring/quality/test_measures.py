"""Calibration, risk and ranking against their definitions, written out frame by frame."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.scoring.quality.calibration import reliability
from evalkit.scoring.quality.ranking import auroc, average_precision, rank_correlation
from evalkit.scoring.quality.selective import risk_coverage

LEVELS = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.99, 1.0])  # few, so that there are ties
FRAMES = st.lists(st.tuples(LEVELS, LEVELS), min_size=1, max_size=12)


@given(FRAMES)
def test_auroc_is_the_share_of_ordered_pairs(frames: list[tuple[float, float]]) -> None:
    sign, value = np.array(frames).T
    positive = value > 0.3
    pairs = [(a > b) + 0.5 * (a == b) for a in sign[positive] for b in sign[~positive]]
    found = auroc(positive, sign)
    assert found is None if not pairs else found == pytest.approx(np.mean(pairs))


@given(FRAMES)
def test_average_precision_steps_through_the_thresholds(frames: list[tuple[float, float]]) -> None:
    sign, value = np.array(frames).T
    positive = value > 0.3
    found = average_precision(positive, sign)
    if positive.all() or not positive.any():
        assert found is None
        return
    total, before = 0.0, 0.0
    for threshold in sorted(set(sign), reverse=True):
        taken = sign >= threshold
        recall = positive[taken].sum() / positive.sum()
        total += (recall - before) * positive[taken].mean()
        before = recall
    assert found == pytest.approx(total)


@given(st.lists(st.tuples(LEVELS, LEVELS), min_size=1, max_size=5))
def test_risk_is_the_mean_over_all_orders_of_equal_confidences(frames: list[tuple[float, float]]) -> None:
    confidence, overlap = np.array(frames).T
    orders = [order for order in permutations(range(len(frames))) if (np.diff(confidence[list(order)]) <= 0).all()]
    steps = np.arange(1, len(frames) + 1)
    risks = np.mean([(1 - overlap[list(order)]).cumsum() / steps for order in orders], axis=0)
    found = risk_coverage(confidence, overlap)
    np.testing.assert_allclose(found.risk, risks)
    assert found.area == pytest.approx(risks.mean())
    assert found.coverage[-1] == 1.0
    assert found.risk[-1] == pytest.approx(1 - overlap.mean())


@given(FRAMES)
def test_calibration_error_by_hand(frames: list[tuple[float, float]]) -> None:
    confidence, overlap = np.array(frames).T
    error = 0.0
    for tenth in range(10):
        inside = [(c, o) for c, o in frames if min(int(c * 10 + 1e-9), 9) == tenth]
        if inside:
            error += len(inside) / len(frames) * abs(np.mean(inside, axis=0)[0] - np.mean(inside, axis=0)[1])
    found = reliability(confidence, overlap)
    assert found.error == pytest.approx(error)
    assert found.frames.sum() == len(frames)


def test_calibration_error_of_one_that_is_always_a_quarter_too_sure() -> None:
    overlap = np.linspace(0, 0.7, 50)
    assert reliability(overlap + 0.25, overlap).error == pytest.approx(0.25)
    assert reliability(overlap, overlap).error == pytest.approx(0.0)
    with pytest.raises(ValueError, match="from 0 to 1"):
        reliability(np.array([1.1]), np.array([1.0]))


def test_rank_correlation_of_ties_and_constants() -> None:
    confidence, overlap = np.array([0.1, 0.1, 0.5, 0.9]), np.array([0.2, 0.0, 0.7, 0.6])
    ranks = np.array([1.5, 1.5, 3, 4]), np.array([2.0, 1, 4, 3])
    assert rank_correlation(confidence, overlap) == pytest.approx(np.corrcoef(*ranks)[0, 1])
    assert rank_correlation(np.ones(4), overlap) is None
    assert rank_correlation(confidence, np.zeros(4)) is None
    assert rank_correlation(confidence[:1], overlap[:1]) is None


def test_a_thinned_curve_keeps_its_end() -> None:
    whole = risk_coverage(np.linspace(1, 0, 1000), np.linspace(1, 0, 1000))
    thin = whole.thinned(200)
    assert len(thin.coverage) == 200
    assert (thin.coverage[-1], thin.risk[-1]) == (1.0, whole.risk[-1])
    assert whole.thinned(5000) is whole
