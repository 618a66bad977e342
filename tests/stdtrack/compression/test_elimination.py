"""Optimal brain surgeon against least squares by brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stdtrack.compression.elimination import LinearMap, elimination_order


def linear_map(seed: int, inputs: int = 6, outputs: int = 3, group: int = 1) -> tuple[LinearMap, np.ndarray]:
    random = np.random.default_rng(seed)
    samples = random.normal(size=(400, inputs)) @ random.normal(size=(inputs, inputs)) + random.normal(size=inputs)
    centred = samples - samples.mean(0)
    covariance = centred.T @ centred / len(samples)
    weight, bias = random.normal(size=(outputs, inputs)), random.normal(size=outputs)
    return LinearMap(weight, bias, covariance, samples.mean(0), group), samples


def residual(linear: LinearMap, samples: np.ndarray, kept: np.ndarray) -> float:
    """Share of the outputs' variance that the best map of the kept inputs, with a bias, does not explain."""
    truth = samples @ linear.weight.T + linear.bias
    design = np.column_stack([samples[:, linear.inputs(kept)], np.ones(len(samples))])
    solution = np.linalg.lstsq(design, truth, rcond=None)[0]
    return float(np.square(truth - design @ solution).mean(0).sum() / truth.var(0).sum())


@given(st.integers(0, 10_000))
def test_the_first_group_spared_is_the_best_one(seed: int) -> None:
    linear, samples = linear_map(seed)
    order, costs = elimination_order(linear, 1)
    errors = [residual(linear, samples, np.delete(np.arange(6), gone)) for gone in range(6)]
    assert errors[order[0]] == pytest.approx(min(errors), rel=1e-2, abs=1e-4)
    assert costs[0] == pytest.approx(min(errors), rel=0.05, abs=1e-3)


@pytest.mark.parametrize("group", [1, 2])
def test_costs_add_up_to_what_is_lost(group: int) -> None:
    linear, samples = linear_map(1, inputs=8, group=group)
    order, costs = elimination_order(linear, 8)
    assert len(order) == linear.groups - 1, "one always stays"
    for count in range(1, len(order) + 1):
        kept = np.setdiff1d(np.arange(linear.groups), order[:count])
        assert costs[:count].sum() == pytest.approx(residual(linear, samples, kept), rel=0.02, abs=1e-3)


def test_the_refitted_map_is_least_squares() -> None:
    linear, samples = linear_map(2)
    kept = np.array([0, 2, 5])
    weight, bias = linear.refitted(kept)
    assert (weight[:, [1, 3, 4]] == 0.0).all()
    truth = samples @ linear.weight.T + linear.bias
    error = np.square(truth - samples @ weight.T - bias).mean(0).sum() / truth.var(0).sum()
    assert error == pytest.approx(residual(linear, samples, kept), rel=1e-2, abs=1e-5)


def test_inputs_that_repeat_or_never_change_cost_nothing() -> None:
    linear, samples = linear_map(3, inputs=4)
    doubled = np.column_stack([samples, samples[:, 0], np.full(len(samples), 7.0)])
    weight = np.column_stack([linear.weight, np.ones(3), np.ones(3)])
    centred = doubled - doubled.mean(0)
    wider = LinearMap(weight, linear.bias, centred.T @ centred / len(doubled), doubled.mean(0))
    order, costs = elimination_order(wider, 2)
    assert set(order) in ({5, 0}, {5, 4})
    assert costs.sum() < 1e-3
    kept = np.setdiff1d(np.arange(6), order)
    refitted, bias = wider.refitted(kept)
    np.testing.assert_allclose(doubled @ refitted.T + bias, doubled @ weight.T + linear.bias, atol=2e-2)


def test_all_of_two_are_not_spared() -> None:
    linear, _ = linear_map(0, inputs=2)
    assert [len(elimination_order(linear, most)[0]) for most in (0, 1, 2)] == [0, 1, 1]
