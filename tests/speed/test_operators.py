"""Operators of a step beside their floors, on a network of a few."""

from __future__ import annotations

from time import perf_counter

import torch
import torch.nn.functional as F

from tests.speed.operators import Recorder, fast_half, measure, products_of, report

X, WEIGHT = torch.ones(1, 6, 4), torch.ones(5, 4)


def step() -> torch.Tensor:
    """Two products of one shape, and a sum in place."""
    y = F.linear(X, WEIGHT)
    y.add_(F.linear(X, WEIGHT))
    return y


def test_calls_that_are_alike_are_one_row_and_their_floor_is_measured() -> None:
    with torch.inference_mode():
        with Recorder() as recorder:
            before = step()
        whole, own, floor = measure(step, recorder, 3, perf_counter)
        assert torch.equal(before, step())  # what is done in place was put back before each call
    assert sorted(recorder.counts.values()) == [1, 2]
    assert set(own) == set(floor) == set(recorder.calls)
    assert min(*own.values(), *floor.values(), whole) > 0
    lines = report(recorder, whole, own, floor)
    assert lines[-1].startswith("| **the step**")
    assert sum(f"| {count} |" in line for line in lines for count in (1, 2)) >= 2


def test_products_of_each_kind_of_contraction() -> None:
    image, kernel = torch.zeros(1, 6, 8, 8), torch.zeros(9, 2, 3, 3)
    q, k = torch.zeros(1, 3, 5, 4), torch.zeros(1, 3, 7, 4)
    assert products_of("_linear_pointwise", (X, WEIGHT), torch.zeros(1, 6, 5)) == ((1, 6, 4, 5),)
    assert products_of("conv2d", (image, kernel), torch.zeros(1, 9, 6, 6)) == ((3, 36, 18, 3),)
    assert products_of("conv2d", (image, torch.zeros(6, 1, 3, 3)), torch.zeros(1, 6, 6, 6)) == ()
    assert products_of("scaled_dot_product_attention", (q, k, k), q) == ((3, 5, 4, 7), (3, 5, 7, 4))
    assert products_of("add", (X, X), X) == ()


def test_the_fast_half_leaves_out_what_other_work_adds() -> None:
    assert fast_half([1.0, 9.0, 1.0, 8.0]) == 1.0
    assert fast_half([2.0]) == 2.0
