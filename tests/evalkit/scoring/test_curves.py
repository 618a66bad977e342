"""Curves: counted in one pass, equal to comparing every frame with every threshold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evalkit.scoring.aggregation import area
from evalkit.scoring.frames import error_counts, success_counts
from evalkit.scoring.rules import Grid
from evalkit.types import Vector

GRIDS = [grid.thresholds for grid in Grid]
values = arrays(
    np.float64,
    st.integers(0, 40),
    elements=st.one_of(st.floats(-1, 60), st.sampled_from([np.nan, np.inf, -1.0, 0.65, 20.0, 0.2])),
)


@given(values=values, grid=st.sampled_from(GRIDS), inclusive=st.booleans())
def test_success_counts_are_comparisons(values: Vector, grid: Vector, inclusive: bool) -> None:
    compared = values[:, None] >= grid if inclusive else values[:, None] > grid
    np.testing.assert_array_equal(success_counts(values, grid, inclusive=inclusive), compared.sum(axis=0))


@given(values=values, grid=st.sampled_from(GRIDS))
def test_error_counts_are_comparisons(values: Vector, grid: Vector) -> None:
    np.testing.assert_array_equal(error_counts(values, grid), (values[:, None] <= grid).sum(axis=0))


@given(values=values, grid=st.sampled_from(GRIDS), seed=st.integers(0, 99))
def test_monotone_and_independent_of_order(values: Vector, grid: Vector, seed: int) -> None:
    success, error = success_counts(values, grid), error_counts(values, grid)
    assert (np.diff(success) <= 0).all()
    assert (np.diff(error) >= 0).all()
    shuffled = np.random.default_rng(seed).permutation(values)
    np.testing.assert_array_equal(success_counts(shuffled, grid), success)
    np.testing.assert_array_equal(error_counts(shuffled, grid), error)


def test_matlab_thresholds_differ_in_five_places_and_bite_in_one() -> None:
    """Of the values k / 20 only 13/20 lies between the two versions of a threshold."""
    matlab, others = Grid.MATLAB_TWENTIETHS.thresholds, Grid.TWENTIETHS.thresholds
    assert np.flatnonzero(matlab != others).tolist() == [12, 13, 14, 17, 19]
    exact = np.arange(21) / 20
    between = [k for k in range(21) if (exact > matlab[k])[k] != (exact > others[k])[k]]
    assert between == [13]
    assert success_counts(np.array([0.65]), matlab)[13] == 1
    assert success_counts(np.array([0.65]), others)[13] == 0


def test_area_is_trapezoidal() -> None:
    assert area(np.array([0.0, 1.0, 0.0])) == 0.5
    assert area(np.ones(21)) == pytest.approx(1)
